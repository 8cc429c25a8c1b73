import type { GcpReleaseSettings } from '../../config/targets/gcp.ts'
import type { Publication } from '../../release/publication.ts'
import type { Finding } from '../disk-target.ts'
import { type GcpApis, imagesOf } from './disk-find.ts'
import { imageName } from './disk-names.ts'
import { diskPermissionsOf } from './disk-permissions.ts'
import { missingPermissions } from './missing.ts'

/** https://cloud.google.com/compute/docs/images/create-custom#selecting_image_storage_location (2026-11) */
const multiRegions: readonly string[] = ['us', 'eu', 'asia']

/** What would be refused when the disk has been sent, and what can be told before. Reads only. */
export async function preflight(
  apis: GcpApis,
  settings: GcpReleaseSettings,
  publication: Publication,
): Promise<readonly Finding[]> {
  const found = await Promise.all([
    bootFindings(settings, publication),
    permissionFindings(apis, settings, publication),
    regionFindings(apis, settings),
    bucketFindings(apis, settings),
    imageFindings(apis, settings, publication),
    audienceFindings(apis, publication),
  ])
  return found.flat()
}

async function bootFindings({ secureBoot }: GcpReleaseSettings, { disk }: Publication): Promise<readonly Finding[]> {
  if (disk.firmware !== 'bios') return []
  if (secureBoot !== undefined)
    return [
      error(
        'Secure Boot needs UEFI, and the disk has no UEFI boot loader',
        'put one on its EFI system partition, or leave release.targets.gcp.secure_boot out',
      ),
    ]
  if (disk.architecture !== 'arm64') return []
  return [
    error(
      'instances with arm64 boot by UEFI alone, and the disk has no UEFI boot loader',
      'put one on its EFI system partition',
    ),
  ]
}

async function permissionFindings(
  { images }: GcpApis,
  settings: GcpReleaseSettings,
  publication: Publication,
): Promise<readonly Finding[]> {
  const needed = diskPermissionsOf(settings, publication).filter(({ action }) => !action.startsWith('orgpolicy.'))
  return (await missingPermissions(images, needed)).map(({ action, certain }) => ({
    level: certain ? 'error' : 'warning',
    message: `the credentials lack ${action} on project ${images.imageProject}`,
    hint: "'sindri vm permissions --publish --cloud gcp' prints a role with all that is needed",
  }))
}

async function regionFindings({ disks }: GcpApis, settings: GcpReleaseSettings): Promise<readonly Finding[]> {
  const regions = settings.regions.filter((region) => !multiRegions.includes(region))
  if (regions.length === 0) return []
  const known = await disks.regions()
  return regions
    .filter((region) => !known.includes(region))
    .map((region) => ({
      level: settings.bestEffortRegions.includes(region) ? 'warning' : 'error',
      message: `${region} is not a region of this project`,
      hint: "'gcloud compute regions list' shows them; us, eu and asia may be named too",
    }))
}

async function bucketFindings({ disks }: GcpApis, { bucket: name }: GcpReleaseSettings): Promise<readonly Finding[]> {
  if ((await disks.bucket(name)) !== undefined || !(await disks.bucketTaken(name))) return []
  return [
    error(
      `the bucket ${name} is not one of project ${disks.project}: a disk is not sent to somebody else's`,
      'names of buckets are the same for all the world: choose another in release.targets.gcp.bucket',
    ),
  ]
}

/** Names that are taken, and how many images there may be. */
async function imageFindings(
  apis: GcpApis,
  { regions }: GcpReleaseSettings,
  publication: Publication,
): Promise<readonly Finding[]> {
  const { images, disks } = apis
  const [home = ''] = regions
  const [quota, places] = await Promise.all([
    disks.imageQuota(),
    Promise.all(
      regions.map(async (region) => {
        const name = imageName(publication, home, region)
        const there = (await imagesOf(apis, publication, region)).length > 0
        return {
          name,
          there,
          taken: !there && (await images.images({ name })).some(({ status }) => status !== 'FAILED'),
        }
      }),
    ),
  ])
  const wanted = places.filter(({ there }) => !there).length
  const full = quota !== undefined && quota.usage + wanted > quota.limit
  return [
    ...places
      .filter(({ taken }) => taken)
      .map(({ name }) =>
        error(
          `there is an image ${name} in project ${images.imageProject} that this release did not make`,
          'remove it, or release under another version; it is never overwritten or adopted',
        ),
      ),
    ...(full
      ? [
          error(
            `project ${images.imageProject} may have ${quota.limit} images, has ${quota.usage}, and ${wanted} more are wanted`,
            'remove old images, or ask for a higher quota of IMAGES',
          ),
        ]
      : []),
  ]
}

/** https://cloud.google.com/resource-manager/docs/organization-policy/restricting-domains (2026-11) */
async function audienceFindings({ disks }: GcpApis, { audience }: Publication): Promise<readonly Finding[]> {
  if (audience === 'private') return []
  const strangers = await disks.strangers()
  if (strangers === 'allowed') return []
  if (strangers === 'refused')
    return [
      error(
        `the organisation lets nobody outside be given a role in project ${disks.project} (constraints/iam.allowedPolicyMemberDomains), and the images are to be ${audience}`,
        'have the constraint lifted for this project, or name readers in release.targets.gcp.readers',
      ),
    ]
  return [
    {
      level: 'warning',
      message: `Google does not tell whether the organisation lets images of project ${disks.project} be opened to everybody`,
      hint: 'it takes orgpolicy.policy.get and the Resource Manager API: gcloud services enable cloudresourcemanager.googleapis.com',
    },
  ]
}

function error(message: string, hint: string): Finding {
  return { level: 'error', message, hint }
}
