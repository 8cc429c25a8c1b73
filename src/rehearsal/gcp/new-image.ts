import { messageOf } from '../../core/error.ts'
import { type Json, objectIn, objectsIn, textIn, textsIn } from '../kit/json.ts'
import type { Call } from './call.ts'
import { freeDisk } from './disks.ts'
import { findImage } from './find-image.ts'
import { gcpError } from './gcp-error.ts'
import { labelsIn, nameIn, pathIn } from './input.ts'
import { type Failing, newId } from './operations.ts'
import { regionNames } from './places.ts'
import { unpackDisk } from './read-tar-gz.ts'
import type { ImageRecord } from './records.ts'
import { durationsMs, imageStatus } from './states.ts'
import { findObject } from './storage.ts'

/** What an image is made from, and what it has of that. */
interface Source extends Pick<ImageRecord, 'sourceDisk' | 'sourceImage' | 'archiveBytes'> {
  readonly architecture: string
  readonly guestOsFeatures: readonly string[]
  /** Where it is kept when nothing is said. */
  readonly location: string
  readonly sizeGb: number
  readonly file: string
}

const gib = 1024 ** 3

/** https://cloud.google.com/compute/docs/images/create-custom#create_image (2026-11) */
export function insertPermissions({ rawDisk, sourceImage }: Json): readonly string[] {
  const source =
    rawDisk !== undefined
      ? 'storage.objects.get'
      : sourceImage !== undefined
        ? 'compute.images.useReadOnly'
        : 'compute.disks.useReadOnly'
  return ['compute.images.create', 'compute.images.setLabels', source]
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/images/insert (2026-11) */
export async function newImage(call: Call): Promise<ImageRecord | Failing> {
  const { at, body, world, now, path } = call
  const project = at.project ?? ''
  const name = nameIn(body)
  const own = `${path}/${name}`
  if (world.records.images[own] !== undefined) throw gcpError('alreadyExists', `The resource '${own}' already exists`)
  const features = objectsIn(body.guestOsFeatures).map(({ type }) => String(type))
  const description = textIn(body.description)
  const family = textIn(body.family)
  const kmsKeyName = textIn(objectIn(body.imageEncryptionKey).kmsKeyName)
  const labels = labelsIn(body.labels)
  const locations = locationsIn(body)
  const initialState = initialStateIn(body)
  const known = { id: newId(), path: own, name, project, createdAt: now }
  const source = await sourceOf(call, project)
  if ('problem' in source) return { failing: known, error: { code: 'INVALID_IMAGE', message: source.problem } }
  const { sourceDisk, sourceImage, archiveBytes, sizeGb, file } = source
  return {
    ...known,
    readyAt: now + durationsMs.image,
    ...(description && { description }),
    ...(family && { family }),
    ...(kmsKeyName && { kmsKeyName }),
    ...(initialState && { initialState }),
    labels,
    architecture: textIn(body.architecture) ?? source.architecture,
    guestOsFeatures: [...new Set([...source.guestOsFeatures, ...features])],
    storageLocations: locations.length > 0 ? locations : [source.location],
    ...(sourceDisk && { sourceDisk }),
    ...(sourceImage && { sourceImage }),
    ...(archiveBytes !== undefined && { archiveBytes }),
    ...{ sizeGb, file },
  }
}

/** https://cloud.google.com/compute/shielded-vm/docs/creating-shielded-images (2026-11) */
function initialStateIn({ shieldedInstanceInitialState: state }: Json): Json | undefined {
  if (state === undefined) return undefined
  const { pk, keks, dbs, dbxs } = objectIn(state)
  for (const key of [pk, keks, dbs, dbxs].flat()) {
    if (key === undefined) continue
    const { content, fileType = 'UNDEFINED' } = objectIn(key)
    const known = ['BIN', 'UNDEFINED', 'X509'].includes(String(fileType))
    if (!known || typeof content !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(content))
      throw gcpError('invalid', "Invalid value for field 'resource.shieldedInstanceInitialState'.")
  }
  return objectIn(state)
}

/** One at most: https://cloud.google.com/compute/docs/images/create-custom#selecting_image_storage_location (2026-11) */
function locationsIn({ storageLocations }: Json): readonly string[] {
  const locations = textsIn(storageLocations)
  if (locations.length > 1)
    throw gcpError('invalid', "Invalid value for field 'resource.storageLocations': at most one location is allowed.")
  const stranger = locations.find((one) => !['us', 'eu', 'asia', ...regionNames].includes(one))
  if (stranger !== undefined)
    throw gcpError('invalid', `Invalid value for field 'resource.storageLocations': '${stranger}'.`)
  return locations
}

async function sourceOf(call: Call, project: string): Promise<Source | { readonly problem: string }> {
  const { body } = call
  if (body.rawDisk !== undefined) return fromObject(call, objectIn(body.rawDisk))
  if (body.sourceImage !== undefined) return fromImage(call, pathIn(body.sourceImage, project))
  return fromDisk(call, project)
}

/** `https://storage.googleapis.com/bucket/object`, or as the JSON API names an object. */
const objectUrl = /^https:\/\/(?:storage|www)\.googleapis\.com\/(?:storage\/v1\/b\/([^/]+)\/o\/([^/]+)|([^/]+)\/(.+))$/

async function fromObject(call: Call, { source, containerType = 'TAR' }: Json): Promise<Source | { problem: string }> {
  const [, bucket, name, otherBucket, otherName] = objectUrl.exec(String(source)) ?? []
  if (containerType !== 'TAR') throw gcpError('invalid', `Invalid value for field 'rawDisk.containerType'.`)
  const object = findObject(call, bucket ?? otherBucket ?? '', decodeURIComponent(name ?? otherName ?? ''))
  const { disks } = call.world
  let made: string | undefined
  try {
    const sizeBytes = await unpackDisk(await disks.path(object.file), async (bytes) => {
      made = await disks.blank(bytes / gib)
      return disks.path(made)
    })
    return {
      ...{ architecture: 'X86_64', guestOsFeatures: [], location: 'us' },
      ...{ sizeGb: sizeBytes / gib, file: made ?? '', archiveBytes: object.sizeBytes },
    }
  } catch (error) {
    if (made !== undefined) await disks.remove(made)
    return { problem: `The tar archive is not a valid image. (${messageOf(error)})` }
  }
}

async function fromImage({ world, now }: Call, path: string): Promise<Source> {
  const image = findImage({ world }, path)
  if (imageStatus(image, now) !== 'READY') throw gcpError('resourceNotReady', `The resource '${path}' is not ready`)
  const { architecture, guestOsFeatures, sizeGb } = image
  return {
    ...{ architecture, guestOsFeatures, sizeGb, sourceImage: image.path, location: 'us' },
    file: await world.disks.copy(image.file),
  }
}

async function fromDisk({ body, world }: Call, project: string): Promise<Source> {
  // Packer 1.6.6 as Debian builds it leaves `projects/` out. Google refuses that (https://github.com/hashicorp/packer/issues/11511).
  const path = pathIn(
    String(body.sourceDisk).replace(`/compute/v1/${project}/`, `/compute/v1/projects/${project}/`),
    project,
  )
  const disk = freeDisk({ world }, path)
  const { architecture, guestOsFeatures, sizeGb } = disk
  return {
    ...{ architecture, guestOsFeatures, sizeGb, sourceDisk: path },
    // Without a choice an image goes to the multi-region nearest to its disk.
    location: disk.zone.replace(/-.*/, '').replace('europe', 'eu'),
    file: await world.disks.copy(disk.file),
  }
}
