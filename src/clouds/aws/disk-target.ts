import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import type { Publication, ReleaseIdentity } from '../../release/publication.ts'
import type { DiskTarget, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { type AwsApis, awsDiskPlan } from './disk-plan.ts'

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
      const [regions, ...perRegion] = await Promise.all([
        images.regions(home),
        ...settings.regions.map((region) => regionFindings(apis, publication, region)),
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
  if (disk.architecture === 'arm64' && disk.firmware === 'bios')
    findings.push({
      level: 'error',
      message: 'instances with arm64 boot by UEFI alone, and the disk has no UEFI boot loader',
      hint: 'put one on its EFI system partition',
    })
  return findings
}

/** What a public image would be refused for when everything else is done; of a private one nothing is asked. */
export async function regionFindings(
  { disks }: AwsApis,
  { audience }: ReleaseIdentity,
  region: string,
): Promise<readonly Finding[]> {
  if (audience === 'private') return []
  const [encrypted, blocked] = await Promise.all([disks.encryptsByDefault(region), disks.blocksPublicImages(region)])
  const findings: Finding[] = []
  if (encrypted)
    findings.push({
      level: 'error',
      message: `${region} encrypts every new snapshot, and an encrypted image cannot be public`,
      hint: `aws ec2 disable-ebs-encryption-by-default --region ${region}, for the time of the publish`,
    })
  if (blocked)
    findings.push({
      level: 'error',
      message: `${region} blocks public images for this account`,
      hint: `aws ec2 disable-image-block-public-access --region ${region} (it takes up to 10 minutes)`,
    })
  return findings
}
