import { objectIn, textIn } from '../kit/json.ts'
import { findObject, openedBy } from './buckets.ts'
import type { Call } from './call.ts'
import { importQcow2 } from './import-qcow2.ts'
import { invalid, notFound, notImplemented, ociError } from './oci-error.ts'
import type { ImageRecord, ObjectRecord } from './records.ts'
import { placeOfHost } from './regions.ts'
import { newOcid, requiredIn, resourceIn } from './resource.ts'
import { durationsMs } from './states.ts'

/** How many custom images a region may have; Oracle's own number depends on the tenancy. */
export const mostImages = 25

/** How many there are. */
export function customImages({ world, region, now }: Pick<Call, 'world' | 'region' | 'now'>): number {
  return Object.values(world.records.images).filter(
    (image) => image.region === region.name && !(image.failed && image.availableAt <= now),
  ).length
}

/** Members of `CreateImage` that say what is imported. */
export const sourceMembers: readonly string[] = [
  ...['sourceType', 'sourceUri', 'sourceImageType', 'namespaceName', 'bucketName', 'objectName'],
  ...['operatingSystem', 'operatingSystemVersion'],
].map((name) => `imageSourceDetails.${name}`)

/** `https://objectstorage.REGION.oraclecloud.com/p/SECRET/n/NAMESPACE/b/BUCKET/o/OBJECT` */
const accessPath = /^\/p\/([^/]+)\/n\/([^/]+)\/b\/([^/]+)\/o\/([^/]+)$/

/** The object: of the same region by its name, of any region by a pre-authenticated request. */
function sourceObject(call: Call): ObjectRecord {
  const source = objectIn(call.body.imageSourceDetails)
  const { records } = call.world
  const type = requiredIn(source, 'sourceType')
  if (type === 'objectStorageTuple') {
    const bucket = records.buckets?.[`${call.region.name}/${requiredIn(source, 'bucketName')}`]
    if (bucket === undefined) throw notFound()
    call.allow(['OBJECT_READ'], bucket.compartmentId)
    return findObject(bucket, requiredIn(source, 'objectName'))
  }
  if (type !== 'objectStorageUri') throw invalid(`sourceType ${type}`)
  const uri = requiredIn(source, 'sourceUri')
  if (!URL.canParse(uri)) throw invalid('sourceUri is no URL')
  const { hostname, pathname } = new URL(uri)
  const place = placeOfHost(hostname)
  const [, secret, namespace = '', bucket = '', object = ''] = accessPath.exec(pathname) ?? []
  if (place?.service !== 'objectstorage') throw invalid('sourceUri is not of Object Storage')
  if (secret === undefined) throw notImplemented('importing from a URL that is not pre-authenticated')
  const path = { secret, namespace, bucket, object: decodeURIComponent(object) }
  try {
    return openedBy(records, place.name, path, call.now)
  } catch {
    throw ociError('InvalidParameter', 'The object at sourceUri cannot be read')
  }
}

/** Who cloud-init gives the key to, in the images of those who make the system. */
const users: Readonly<Record<string, string>> = { debian: 'debian', ubuntu: 'ubuntu' }

/** Imports a disk; one that is not what Oracle takes fails while it is imported. */
export async function importImage(call: Call, launchMode: string): Promise<ImageRecord> {
  const { world, now, body } = call
  const resource = resourceIn(call, 'image')
  call.allow(['INSTANCE_IMAGE_CREATE'], resource.compartmentId)
  const source = objectIn(body.imageSourceDetails)
  if (source.sourceImageType !== 'QCOW2') throw notImplemented(`importing ${source.sourceImageType ?? 'an .oci file'}`)
  if (!['EMULATED', 'PARAVIRTUALIZED'].includes(launchMode))
    throw invalid(`launchMode ${launchMode} is not for imported images`)
  if (customImages(call) >= mostImages) throw ociError('LimitExceeded', `custom-image-count ${mostImages} is reached`)
  const object = sourceObject(call)
  const disk = await importQcow2(world, object)
  const operatingSystem = textIn(source.operatingSystem) ?? 'Custom'
  const image: ImageRecord = {
    ...resource,
    operatingSystem,
    operatingSystemVersion: textIn(source.operatingSystemVersion) ?? 'Custom',
    // Until a shape of another one is added.
    architecture: 'x86_64',
    user: users[operatingSystem.toLowerCase()] ?? 'opc',
    launchMode,
    sizeGb: 'file' in disk ? Math.ceil(disk.sizeBytes / 1024 ** 3) : 0,
    availableAt: now + durationsMs.import,
    imported: true,
    file: 'file' in disk ? disk.file : '',
    ...('why' in disk && { failed: true }),
  }
  world.records.images[image.id] = image
  const id = newOcid('coreservicesworkrequest', call.region)
  world.records.workRequests = {
    ...world.records.workRequests,
    [id]: {
      ...{ id, region: call.region.name, compartmentId: resource.compartmentId, operation: 'CreateImage' },
      ...{ resourceId: image.id, acceptedAt: now, endsAt: image.availableAt },
      ...('why' in disk && { error: { code: 'InvalidImage', message: disk.why } }),
    },
  }
  return image
}
