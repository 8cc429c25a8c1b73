import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import type { Publication } from '../../release/publication.ts'
import type { Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { bucketOf } from './disk-object.ts'
import type { OciDiskApi } from './disk-port.ts'

/** https://docs.oracle.com/iaas/Content/Compute/References/bringyourownimage.htm (Limitations and Considerations, 2026-11) */
const largestGb = 400

/** What Oracle Cloud would refuse later; reads only. */
export async function ociFindings(
  api: OciDiskApi,
  settings: OciReleaseSettings,
  publication: Publication,
): Promise<readonly Finding[]> {
  const [home = ''] = settings.regions
  const subscribed = await unlessDenied(api.subscribedRegions(home))
  const open = settings.regions.filter((region) => subscribed?.includes(region) ?? true)
  const [storage, ...perRegion] = await Promise.all([
    open.includes(home) ? bucketFindings(api, settings) : [],
    ...open.map((region) => regionFindings(api, settings, publication, region)),
  ])
  const closed = settings.regions.filter((region) => !open.includes(region))
  return [
    ...diskFindings(publication),
    ...closed.map(
      (region): Finding => ({
        level: levelIn(settings, region),
        message: `the tenancy is not subscribed to ${region}`,
        hint: 'subscribe it (oci iam region-subscription create), or leave it out of release.targets.oci.regions',
      }),
    ),
    ...storage,
    ...perRegion.flat(),
  ]
}

function diskFindings({ audience, disk }: Publication): readonly Finding[] {
  const findings: Finding[] = []
  if (audience !== 'private')
    findings.push({
      level: 'error',
      message: `custom images cannot be ${audience}: they are for the tenancy they are in`,
      hint: 'set release.audience: private, or publish without oci; another tenancy imports the disk for itself',
    })
  if (disk.architecture === 'arm64' && disk.firmware === 'bios')
    findings.push({
      level: 'error',
      message: 'instances with arm64 boot by UEFI alone, and the disk has no UEFI boot loader',
      hint: 'put one on its EFI system partition',
    })
  if (disk.sizeBytes > largestGb * 1e9)
    findings.push({
      level: 'error',
      message: `the disk is larger than the ${largestGb} GB that can be imported`,
      hint: 'make it smaller; boot volumes can be made larger than their image',
    })
  return findings
}

async function bucketFindings(api: OciDiskApi, settings: OciReleaseSettings): Promise<readonly Finding[]> {
  const place = await bucketOf(api, settings)
  const bucket = await api.bucket(place)
  if (bucket === undefined) return []
  const findings: Finding[] = []
  const another = 'name another by release.targets.oci.bucket'
  if (bucket.publicAccess !== 'NoPublicAccess')
    findings.push({
      level: 'error',
      message: `the bucket ${place.name} in ${place.region} is open to everybody (${bucket.publicAccess})`,
      hint: `oci os bucket update --name ${place.name} --public-access-type NoPublicAccess, or ${another}`,
    })
  if (bucket.tier !== 'Standard' || bucket.readOnly)
    findings.push({
      level: 'error',
      message: `the bucket ${place.name} in ${place.region} is ${bucket.readOnly ? 'a read-only replica' : `of the tier ${bucket.tier}`}`,
      hint: another,
    })
  if (bucket.versioning === 'Enabled')
    findings.push({
      level: 'warning',
      message: `the bucket ${place.name} in ${place.region} keeps versions: the disk stays in it as a former version`,
      hint: `${another}, or let a lifecycle rule remove former versions`,
    })
  return findings
}

async function regionFindings(
  api: OciDiskApi,
  settings: OciReleaseSettings,
  { key, name }: Publication,
  region: string,
): Promise<readonly Finding[]> {
  const level = levelIn(settings, region)
  try {
    const [images, left] = await Promise.all([
      api.images(region, settings.compartmentOcid),
      unlessDenied(api.imagesLeft(region)),
    ])
    const known = images.filter(({ state }) => state !== 'DELETED')
    const isOurs = known.some(({ tags }) => tags[tag.release] === key && tags[tag.digest] !== undefined)
    const findings: Finding[] = []
    if (!isOurs && left !== undefined && left < 1)
      findings.push({
        level,
        message: `${region} has no room for another custom image (limit custom-image-count)`,
        hint: 'remove images, or ask Oracle for a higher service limit; a free tenancy may have none',
      })
    if (known.some((image) => image.name === name && image.tags[tag.release] !== key))
      findings.push({
        level: 'warning',
        message: `${region} has another image called ${name}, which is not of this release`,
        hint: 'it is left alone; whoever looks for an image by its name finds both',
      })
    return findings
  } catch (error) {
    if (level === 'error' && !(error instanceof SindriError && error.code === 'denied')) throw error
    const compartment = settings.compartmentOcid
    return [
      {
        level,
        message: `images of ${compartment} in ${region} cannot be listed: ${messageOf(error)}`,
        hint: "check release.targets.oci.compartment_ocid, and the policy that 'sindri vm permissions' prints",
      },
    ]
  }
}

function levelIn({ bestEffortRegions }: OciReleaseSettings, region: string): Finding['level'] {
  return bestEffortRegions.includes(region) ? 'warning' : 'error'
}

/** Undefined where the credentials may not read it, which is no obstacle to anything else. */
async function unlessDenied<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof SindriError && (error.code === 'denied' || error.code === 'not-found')) return undefined
    throw error
  }
}
