import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

type Arch = Resolved['build']['arch']

/** What an image starts from: the newest of a family, or one image. */
export type AlibabaBase = { readonly family: string } | { readonly image: string }

/**
 * Families of public images, which Alibaba Cloud offers in every region of both its sites; Debian has one for each point
 * release, and 12.11 is the newest of the list. Root logs in.
 * https://help.aliyun.com/zh/ecs/user-guide/public-mirroring-overview (2026-11)
 */
const families: Readonly<Record<string, Readonly<Partial<Record<Arch, string>>>>> = {
  'ubuntu-24.04': { x86_64: 'acs:ubuntu_24_04_x64', arm64: 'acs:ubuntu_24_04_arm64' },
  'ubuntu-22.04': { x86_64: 'acs:ubuntu_22_04_x64' },
  'debian-12': { x86_64: 'acs:debian_12_11_x64', arm64: 'acs:debian_12_11_arm64' },
}

/** Instance types with Arm processors (Yitian, Ampere): https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-families (2026-11). */
const armType = /^ecs\.[a-z]+\d+[ry]\./

/**
 * What `build.base` names, with `build.arch`.
 * @throws SindriError `config` when there is no such family, or the instance type has another processor
 */
export function baseOf({ build }: Resolved, instanceType: string): AlibabaBase {
  const known = families[build.base]
  if (known === undefined) return build.base.startsWith('acs:') ? { family: build.base } : { image: build.base }
  const actual = armType.test(instanceType) ? 'arm64' : 'x86_64'
  if (actual !== build.arch) {
    const like = build.arch === 'arm64' ? 'ecs.g8y.xlarge' : 'ecs.g6.xlarge'
    throw new SindriError('config', `build.arch is ${build.arch}, and the processor of ${instanceType} is ${actual}`, {
      hint: `set build.arch: ${actual}, or an instance type such as ${like}`,
    })
  }
  const family = known[build.arch]
  if (family !== undefined) return { family }
  throw new SindriError('config', `Alibaba Cloud has no family of ${build.base} images for ${build.arch}`, {
    hint: 'start from ubuntu-24.04, or write the id of an image of the region (m-…, or the name of a public one that ends with .vhd)',
  })
}
