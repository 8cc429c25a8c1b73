import type { AlibabaReleaseSettings } from '../../config/targets/alibaba.ts'
import { SindriError } from '../../core/error.ts'
import type { Publication, ReleaseIdentity } from '../../release/publication.ts'
import type { DiskTarget, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { type AlibabaApis, alibabaDiskPlan } from './disk-plan.ts'
import type { Place } from './disk-port.ts'
import { imageName } from './image-name.ts'
import { importRole, noRole, roleHint, roleState } from './import-role.ts'
import { sizeGiBOf } from './import-step.ts'

/** Alibaba Cloud with credentials at hand, for finished disks. */
export function alibabaDiskTarget(apis: AlibabaApis, settings: AlibabaReleaseSettings): DiskTarget {
  const { images } = apis
  const [home = ''] = settings.regions
  return {
    async identity() {
      const { account, arn } = await images.identity()
      return `${arn} (account ${account})`
    },

    async begunAs(key) {
      const [image] = await images.images(home, { tags: { [tag.release]: key, [tag.fingerprint]: '*' } })
      // The name of the image may be another, where Alibaba Cloud does not take this one.
      return image && (image.description === '' ? image.name : image.description)
    },

    async preflight(publication) {
      const open = await images.regions()
      const findings = await Promise.all([
        roleFindings(apis, settings),
        bucketFindings(apis, { region: home, bucket: settings.bucket }),
        ...settings.regions
          .filter((region) => open.includes(region))
          .map((region) => nameFindings(apis, publication, region)),
      ])
      const closed = settings.regions.filter((region) => !open.includes(region))
      return [
        ...closed.map(
          (region): Finding => ({
            level: settings.bestEffortRegions.includes(region) ? 'warning' : 'error',
            message: `${region} is not a region this account may use`,
            hint: "regions differ between the China and the international site; 'aliyun ecs DescribeRegions' lists those of the account",
          }),
        ),
        ...diskFindings(publication),
        ...findings.flat(),
      ]
    },

    plan: (publication) => alibabaDiskPlan(apis, settings, publication),
  }
}

/** The largest system disk that is imported. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11) */
const mostGiB = 2048

function diskFindings(publication: Publication): readonly Finding[] {
  const { disk, audience } = publication
  const findings: Finding[] = []
  const sizeGiB = sizeGiBOf(publication)
  if (sizeGiB > mostGiB)
    findings.push({
      level: 'error',
      message: `the disk has ${sizeGiB} GiB, and Alibaba Cloud imports ${mostGiB} at most`,
      hint: 'make the disk smaller',
    })
  if (disk.architecture === 'arm64' && disk.firmware === 'bios')
    findings.push({
      level: 'error',
      message: 'instances with arm64 boot by UEFI alone, and the disk has no UEFI boot loader',
      hint: 'put one on its EFI system partition',
    })
  if (audience !== 'private')
    findings.push({
      level: 'warning',
      message:
        'only accounts that Alibaba Cloud has invited may make an image everybody’s (ModifyImageSharePermission, IsPublic), and nothing tells which are',
      hint: 'ask Alibaba Cloud by a ticket first; where it is refused, the images are there and private',
    })
  return findings
}

async function roleFindings(
  { disks }: AlibabaApis,
  { createImportRole }: AlibabaReleaseSettings,
): Promise<readonly Finding[]> {
  const state = await roleState(disks)
  if (state === 'there') return []
  if (state === 'unknown')
    return [
      {
        level: 'warning',
        message: `these credentials may not look whether the account has the role ${importRole}, without which no import works`,
        hint: 'allow ram:GetRole and ram:ListPoliciesForRole, or see to it that the role is there',
      },
    ]
  if (!createImportRole) return [{ level: 'error', message: noRole, hint: roleHint }]
  return [
    {
      level: 'warning',
      message: `${noRole}: publish makes it, and leaves it there`,
      hint: 'set release.targets.alibaba.create_import_role: false to have that refused',
    },
  ]
}

async function bucketFindings({ disks }: AlibabaApis, place: Place): Promise<readonly Finding[]> {
  const another = 'name another bucket in release.targets.alibaba.bucket; one that does not exist is made'
  try {
    const bucket = await disks.bucket(place)
    if (bucket === undefined) return []
    if (bucket.region !== place.region)
      return [
        {
          level: 'error',
          message: `the bucket ${place.bucket} is in ${bucket.region}, and the disk is imported in ${place.region}`,
          hint: another,
        },
      ]
    if (bucket.access === 'private') return []
    return [
      {
        level: 'error',
        message: `the bucket ${place.bucket} is ${bucket.access}: whoever knows its name could read the disk`,
        hint: `${another}; or make it private (ossutil set-acl oss://${place.bucket} private -b)`,
      },
    ]
  } catch (error) {
    if (!(error instanceof SindriError && error.code === 'denied')) throw error
    const message = `the bucket ${place.bucket} cannot be looked at: it is another account’s, in another region, or oss:GetBucketInfo is not allowed`
    return [{ level: 'error', message, hint: another }]
  }
}

/** An image of the name that is not of this release: Alibaba Cloud takes no name twice in a region. */
export async function nameFindings(
  { images }: Pick<AlibabaApis, 'images'>,
  publication: ReleaseIdentity,
  region: string,
): Promise<readonly Finding[]> {
  const name = imageName(publication.name)
  const taken = (await images.images(region, { name })).find(({ tags }) => tags[tag.release] !== publication.key)
  if (taken === undefined) return []
  return [
    {
      level: 'error',
      message: `${region} has another image called ${name}: ${taken.id}`,
      hint: 'give the release another version or project, or rename that image',
    },
  ]
}
