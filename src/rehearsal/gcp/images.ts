import { type Json, textIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { allImages, findImage } from './find-image.ts'
import { gcpError, notFound } from './gcp-error.ts'
import { nameIn } from './input.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { insertPermissions, newImage } from './new-image.ts'
import { begun } from './operations.ts'
import type { ImageRecord } from './records.ts'
import { imageStatus } from './states.ts'

/** One of the project's own images, which alone can be changed. */
export function ownImage({ world, path }: Pick<Call, 'world' | 'path'>): ImageRecord {
  const image = world.records.images[path]
  if (image === undefined) throw notFound(path)
  return image
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
    archiveSizeBytes: String(image.archiveBytes ?? sizeGb * 2 ** 28),
    architecture,
    labels,
    labelFingerprint: '42WmSpB8rSM=',
    guestOsFeatures: guestOsFeatures.map((type) => ({ type })),
    storageLocations,
    ...(kmsKeyName && { imageEncryptionKey: { kmsKeyName } }),
    ...(sourceDisk && { sourceDisk: urlOf(sourceDisk) }),
    ...(image.sourceImage && { sourceImage: urlOf(image.sourceImage) }),
    ...(deprecated && { deprecated }),
    ...(image.initialState && { shieldedInstanceInitialState: image.initialState }),
    selfLink: urlOf(path),
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
    permissions: insertPermissions,
    query: ['requestId'],
    body: [
      ...['name', 'description', 'family', 'labels', 'sourceDisk', 'sourceType', 'architecture', 'guestOsFeatures'],
      ...['storageLocations', 'imageEncryptionKey.kmsKeyName', 'sourceImage'],
      ...['pk', 'keks', 'dbs', 'dbxs'].map((key) => `shieldedInstanceInitialState.${key}`),
      ...['rawDisk.source', 'rawDisk.containerType'],
    ],
    run: (call) =>
      begun(call, 'insert', async () => {
        const image = await newImage(call)
        if (!('failing' in image)) call.world.records.images[image.path] = image
        return image
      }),
  },
  'compute.images.patch': {
    pattern: `PATCH ${images}/:name`,
    permissions: ['compute.images.update'],
    query: ['requestId'],
    body: ['family'],
    run: (call) =>
      begun(call, 'patch', () => {
        const image = ownImage(call)
        const family = textIn(call.body.family)
        if (family === undefined) delete image.family
        else image.family = nameIn({ name: family })
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
        const image = ownImage(call)
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
        const image = ownImage(call)
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
