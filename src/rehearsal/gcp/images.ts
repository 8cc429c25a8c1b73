import { type Json, objectIn, objectsIn, textIn, textsIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { gcpError, notFound } from './gcp-error.ts'
import { labelsIn, nameIn, pathIn } from './input.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { begun, newId } from './operations.ts'
import type { ImageRecord } from './records.ts'
import { durationsMs, imageStatus } from './states.ts'
import { stockImages } from './stock.ts'

/** All images there are: those that were made, and the public ones. */
function allImages({ world }: Pick<Call, 'world'>): readonly ImageRecord[] {
  return [...Object.values(world.records.images), ...stockImages(world.stock)]
}

/** An image by its path, or by the path of its family (then the newest that is not deprecated). */
export function findImage(call: Pick<Call, 'world'>, path: string): ImageRecord {
  const [, images, family] = /^(projects\/[^/]+\/global\/images)\/family\/([^/]+)$/.exec(path) ?? []
  const found =
    family === undefined
      ? allImages(call).find((one) => one.path === path)
      : allImages(call)
          .filter((one) => one.path.startsWith(`${images}/`) && one.family === family)
          .filter((one) => (one.deprecated?.state ?? 'ACTIVE') === 'ACTIVE')
          .sort((a, b) => b.createdAt - a.createdAt)[0]
  if (found === undefined) throw notFound(path)
  return found
}

function imageOutput(image: ImageRecord, now: number): Json {
  const { id, name, description, family, labels, architecture, guestOsFeatures, storageLocations } = image
  const { kmsKeyName, sourceDisk, sizeGb, deprecated, path, createdAt } = image
  return {
    kind: 'compute#image',
    id,
    name,
    description,
    family,
    creationTimestamp: new Date(createdAt).toISOString(),
    sourceType: 'RAW',
    status: imageStatus(image, now),
    diskSizeGb: String(sizeGb),
    archiveSizeBytes: String(sizeGb * 2 ** 28),
    architecture,
    labels,
    labelFingerprint: '42WmSpB8rSM=',
    guestOsFeatures: guestOsFeatures.map((type) => ({ type })),
    storageLocations,
    ...(kmsKeyName && { imageEncryptionKey: { kmsKeyName } }),
    ...(sourceDisk && { sourceDisk: urlOf(sourceDisk) }),
    ...(deprecated && { deprecated }),
    selfLink: urlOf(path),
  }
}

async function insert(call: Call): Promise<ImageRecord> {
  const { at, body, world, now, path } = call
  const project = at.project ?? ''
  const name = nameIn(body)
  const own = `${path}/${name}`
  if (world.records.images[own] !== undefined) throw gcpError('alreadyExists', `The resource '${own}' already exists`)
  // Packer 1.6.6 as Debian builds it leaves `projects/` out. Google refuses that (https://github.com/hashicorp/packer/issues/11511).
  const source = pathIn(
    String(body.sourceDisk).replace(`/compute/v1/${project}/`, `/compute/v1/projects/${project}/`),
    project,
  )
  const disk = world.records.disks[source]
  if (disk === undefined) throw notFound(source)
  if (disk.user !== undefined)
    throw gcpError(
      'resourceInUseByAnotherResource',
      `The disk resource '${source}' is already being used by '${disk.user}'`,
    )
  const features = objectsIn(body.guestOsFeatures).map(({ type }) => String(type))
  const description = textIn(body.description)
  const family = textIn(body.family)
  const kmsKeyName = textIn(objectIn(body.imageEncryptionKey).kmsKeyName)
  const locations = textsIn(body.storageLocations)
  return {
    id: newId(),
    path: own,
    name,
    project,
    createdAt: now,
    readyAt: now + durationsMs.image,
    ...(description && { description }),
    ...(family && { family }),
    ...(kmsKeyName && { kmsKeyName }),
    labels: labelsIn(body.labels),
    architecture: textIn(body.architecture) ?? disk.architecture,
    guestOsFeatures: [...new Set([...disk.guestOsFeatures, ...features])],
    // Without a choice an image goes to the multi-region nearest to its disk.
    storageLocations: locations.length > 0 ? locations : [disk.zone.replace(/-.*/, '').replace('europe', 'eu')],
    sourceDisk: source,
    sizeGb: disk.sizeGb,
    file: await world.disks.copy(disk.file),
  }
}

const images = 'projects/:project/global/images'

/** https://cloud.google.com/compute/docs/reference/rest/v1/images */
export const imageOperations: Operations = {
  'compute.images.list': {
    pattern: `GET ${images}`,
    permissions: ['compute.images.list'],
    query: listQuery,
    run: (call) => listed(call, 'compute#imageList', allImages(call), (image) => imageOutput(image, call.now)),
  },
  'compute.images.getFromFamily': {
    pattern: `GET ${images}/family/:family`,
    permissions: ['compute.images.getFromFamily'],
    run: (call) => imageOutput(findImage(call, call.path), call.now),
  },
  'compute.images.get': {
    pattern: `GET ${images}/:name`,
    permissions: ['compute.images.get'],
    run: (call) => imageOutput(findImage(call, call.path), call.now),
  },
  'compute.images.insert': {
    pattern: `POST ${images}`,
    permissions: ['compute.images.create', 'compute.images.setLabels', 'compute.disks.useReadOnly'],
    query: ['requestId'],
    body: [
      ...['name', 'description', 'family', 'labels', 'sourceDisk', 'sourceType', 'architecture', 'guestOsFeatures'],
      ...['storageLocations', 'imageEncryptionKey.kmsKeyName'],
    ],
    run: (call) =>
      begun(call, 'insert', async () => {
        const image = await insert(call)
        call.world.records.images[image.path] = image
        return image
      }),
  },
  'compute.images.delete': {
    pattern: `DELETE ${images}/:name`,
    permissions: ['compute.images.delete'],
    query: ['requestId'],
    run: (call) =>
      begun(call, 'delete', async () => {
        const { records, disks } = call.world
        const image = records.images[call.path]
        if (image === undefined) throw notFound(call.path)
        if (imageStatus(image, call.now) === 'PENDING')
          throw gcpError('resourceNotReady', `The resource '${call.path}' is not ready`)
        delete records.images[call.path]
        await disks.remove(image.file)
        return image
      }),
  },
  'compute.images.deprecate': {
    pattern: `POST ${images}/:name/deprecate`,
    permissions: ['compute.images.deprecate'],
    query: ['requestId'],
    body: ['state', 'deprecated', 'obsolete', 'deleted', 'replacement'],
    run: (call) =>
      begun(call, 'setDeprecation', () => {
        const image = call.world.records.images[call.path]
        if (image === undefined) throw notFound(call.path)
        const { state = 'ACTIVE' } = call.body
        if (!['ACTIVE', 'DEPRECATED', 'OBSOLETE', 'DELETED', ''].includes(String(state)))
          throw gcpError('invalid', `Invalid value for field 'resource.state': '${state}'.`)
        const { state: _, ...dates } = call.body
        if (Object.keys(call.body).length === 0) delete image.deprecated
        else image.deprecated = { state: state || 'ACTIVE', ...dates }
        return image
      }),
  },
}
