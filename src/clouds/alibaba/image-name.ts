import { digest } from '../../core/digest.ts'

const most = 128

/**
 * A publication's name as the name of an image: 2 to 128 letters, digits and `. : _ -`, the first a letter, not beginning
 * with `aliyun` or `acs:`. What does not fit gets another beginning or end, and eight characters that tell it from others.
 * https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11)
 */
export function imageName(name: string): string {
  if (/^(?!aliyun)[a-z]/i.test(name) && name.length <= most) return name
  const mark = digest(name).slice(0, 8)
  return `image-${name.slice(0, most - mark.length - 7)}-${mark}`
}

/** Systems that Alibaba Cloud knows by name, by what a release calls them. The same page. */
const platforms: readonly (readonly [RegExp, string])[] = [
  [/^debian/, 'Debian'],
  [/^ubuntu/, 'Ubuntu'],
  [/^fedora-?coreos/, 'Fedora CoreOS'],
  [/^fedora/, 'Fedora'],
  [/^centos-?stream/, 'CentOS Stream'],
  [/^centos/, 'CentOS'],
  [/^alma/, 'AlmaLinux'],
  [/^rocky/, 'Rocky Linux'],
  [/^(rhel|redhat)/, 'RedHat'],
  [/^opensuse/, 'OpenSUSE'],
  [/^(sles|suse)/, 'SUSE'],
  [/^gentoo/, 'Gentoo'],
  [/^anolis/, 'Anolis'],
]

/** What Alibaba Cloud calls the system of a release. */
export function platformOf(os: string): string {
  return platforms.find(([pattern]) => pattern.test(os.toLowerCase()))?.[1] ?? 'Others Linux'
}
