import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import type { Publication, ReleaseIdentity } from '../../release/publication.ts'
import type { DiskTarget, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { type AwsApis, awsDiskPlan } from './disk-plan.ts'
import { isShared } from './disk-settings.ts'
import { importFindings } from './import-findings.ts'

/** AWS with credentials at hand, for finished disks. */
export function awsDiskTarget(apis: AwsApis, settings: AwsReleaseSettings): DiskTarget {
  const { images, disks } = apis
  const [home = ''] = settings.regions
  return {
    async identity() {
      const { account, arn } = await images.identity()
      return `${arn} (account ${account})`
    },

    async begunAs(key) {
      const tags = { [tag.release]: key, [tag.fingerprint]: '*' }
      const [image] = await images.images(home, { tags })
      if (image !== undefined) return image.name
      const [snapshot] = await disks.snapshots(home, tags)
      return snapshot?.tags.Name
    },

    async preflight(publication) {
      const [regions, imports, ...perRegion] = await Promise.all([
        images.regions(home),
        importFindings(apis, settings),
        ...settings.regions.map((region) => regionFindings(apis, settings, publication, region)),
      ])
      const closed = settings.regions.filter((region) => !regions.includes(region))
      return [
        ...closed.map(
          (region): Finding => ({
            level: settings.bestEffortRegions.includes(region) ? 'warning' : 'error',
            message: `${region} is not a region this account may use`,
            hint: 'enable it for the account (aws account enable-region), or leave it out of release.targets.aws.regions',
          }),
        ),
        ...bootFindings(settings, publication),
        ...imports,
        ...perRegion.flat(),
      ]
    },

    plan: (publication) => awsDiskPlan(apis, settings, publication),
  }
}

function bootFindings(settings: AwsReleaseSettings, { disk }: Publication): readonly Finding[] {
  const findings: Finding[] = []
  if (settings.tpm && disk.firmware !== 'uefi')
    findings.push({
      level: 'error',
      message: `a TPM needs UEFI, and the disk boots by ${disk.firmware === 'bios' ? 'BIOS' : 'both ways'}`,
      hint: 'set release.firmware: uefi, or release.targets.aws.tpm: false',
    })
  if (settings.uefiData !== undefined && disk.firmware === 'bios')
    findings.push({
      level: 'error',
      message: 'variables of the firmware need UEFI, and the disk boots by BIOS',
      hint: 'set release.firmware: uefi, or leave release.targets.aws.uefi_data out',
    })
  if (disk.architecture === 'arm64' && disk.firmware === 'bios')
    findings.push({
      level: 'error',
      message: 'instances with arm64 boot by UEFI alone, and the disk has no UEFI boot loader',
      hint: 'put one on its EFI system partition',
    })
  return findings
}

/** What an image for others would be refused for when everything else is done. */
export async function regionFindings(
  apis: AwsApis,
  settings: AwsReleaseSettings,
  { audience }: ReleaseIdentity,
  region: string,
): Promise<readonly Finding[]> {
  const encryption = settings.disableEncryptionByDefault || isShared(settings, { audience })
  const found = await Promise.all([
    encryption ? encryptionFindings(apis, settings, region) : [],
    audience === 'private' ? [] : blockFindings(apis, region),
  ])
  return found.flat()
}

/** What may be turned off has to be allowed to be turned on again. */
const encryptionActions = ['ec2:EnableEbsEncryptionByDefault', 'ec2:DisableEbsEncryptionByDefault']

async function encryptionFindings(
  { images, disks }: AwsApis,
  { disableEncryptionByDefault: disable }: AwsReleaseSettings,
  region: string,
): Promise<readonly Finding[]> {
  if (!(await disks.encryptsByDefault(region))) return []
  if (!disable)
    return [
      {
        level: 'error',
        message: `${region} encrypts every new snapshot, and an image so encrypted cannot be shared`,
        hint: 'set release.targets.aws.disable_encryption_by_default: true to have that off while the import begins there, for the whole account',
      },
    ]
  const denied = await Promise.all(
    encryptionActions.map(async (action) => ((await images.denies(region, action)) ? [action] : [])),
  )
  return [
    ...denied.flat().map(
      (action): Finding => ({
        level: 'error',
        message: `these credentials may not call ${action} in ${region}`,
        hint: "add it to their policy; 'sindri vm permissions --publish' prints all that is needed",
      }),
    ),
    {
      level: 'warning',
      message: `${region} encrypts every new snapshot: publish turns that off while the import begins there, for the whole account`,
      hint: 'leave release.targets.aws.disable_encryption_by_default out to have that refused',
    },
  ]
}

async function blockFindings({ disks }: AwsApis, region: string): Promise<readonly Finding[]> {
  if (!(await disks.blocksPublicImages(region))) return []
  return [
    {
      level: 'error',
      message: `${region} blocks public images for this account`,
      hint: `aws ec2 disable-image-block-public-access --region ${region} (it takes up to 10 minutes)`,
    },
  ]
}
