import { type Json, textIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { findImage } from './find-image.ts'
import { importImage, sourceMembers } from './image-import.ts'
import { fits } from './image-shapes.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { liveInstance } from './instances.ts'
import { invalid, notFound, ociError } from './oci-error.ts'
import type { ImageRecord } from './records.ts'
import { listed, listedCompartment, listQuery, once, requiredIn, resourceIn, told } from './resource.ts'
import { shapeOf } from './shapes.ts'
import { durationsMs, imageState } from './states.ts'
import { stockImages } from './stock.ts'

/** An image that the caller may see. */
function visibleImage(call: Call, permission: string): ImageRecord {
  const image = findImage(call, call.at.id ?? '')
  if (image.compartmentId !== '') call.allow([permission], image.compartmentId)
  return image
}

function imageOutput(image: ImageRecord, now: number): Json {
  return {
    ...told(image),
    compartmentId: image.compartmentId === '' ? null : image.compartmentId,
    lifecycleState: imageState(image, now),
    operatingSystem: image.operatingSystem,
    operatingSystemVersion: image.operatingSystemVersion,
    baseImageId: image.baseImageId ?? null,
    createImageAllowed: true,
    launchMode: image.launchMode,
    listingType: null,
    sizeInMBs: image.sizeGb * 1024,
    billableSizeInGBs: Math.ceil(image.sizeGb / 10),
  }
}

const launchModes = ['NATIVE', 'EMULATED', 'PARAVIRTUALIZED', 'CUSTOM']

async function create(call: Call): Promise<ImageRecord> {
  const { world, body, now } = call
  if (body.imageSourceDetails !== undefined) return importImage(call, textIn(body.launchMode) ?? 'NATIVE')
  const instance = liveInstance(call, requiredIn(body, 'instanceId'))
  const resource = resourceIn(call, 'image')
  call.allow(['INSTANCE_IMAGE_CREATE'], resource.compartmentId)
  call.allow(['INSTANCE_CREATE_IMAGE'], instance.compartmentId)
  const base = world.records.bootVolumes[instance.bootVolumeId]
  if (base === undefined) throw notFound()
  const launchMode = textIn(body.launchMode) ?? 'NATIVE'
  if (!launchModes.includes(launchMode)) throw invalid(`launchMode ${launchMode} is none of ${launchModes.join(', ')}`)
  // Oracle stops the instance for as long as it takes the image, and starts it again.
  await stopMachine(world, instance)
  const file = await world.disks.copy(base.file)
  await startMachine(world, instance)
  instance.imagedUntil = now + durationsMs.image
  const image: ImageRecord = {
    ...resource,
    operatingSystem: 'Linux',
    operatingSystemVersion: 'Linux',
    ...inherited(call, instance.imageId),
    architecture: shapeOf(instance.shape).architecture,
    user: instance.user,
    baseImageId: instance.imageId,
    launchMode,
    sizeGb: base.sizeGb,
    availableAt: now + durationsMs.image,
    file,
  }
  world.records.images[image.id] = image
  return image
}

/** The operating system of what an instance was made of, if that is still there. */
function inherited(
  call: Call,
  id: string,
): Pick<ImageRecord, 'operatingSystem' | 'operatingSystemVersion'> | undefined {
  const made = call.world.records.images[id] ?? stockImages(call.world.stock, '').find((one) => one.id === id)
  return made && { operatingSystem: made.operatingSystem, operatingSystemVersion: made.operatingSystemVersion }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Image (2026-11) */
export const imageOperations: Operations = {
  ListImages: {
    pattern: 'GET images',
    query: [...listQuery, 'operatingSystem', 'operatingSystemVersion', 'shape'],
    run(call) {
      const { query, world, region, now } = call
      const compartment = listedCompartment(call, ['INSTANCE_IMAGE_INSPECT'])
      const [system, version, shape] = ['operatingSystem', 'operatingSystemVersion', 'shape'].map((name) =>
        query.get(name),
      )
      const images = [...Object.values(world.records.images), ...stockImages(world.stock, region.name)]
        .filter(({ compartmentId }) => compartmentId === '' || compartmentId === compartment)
        .filter((image) => !system || image.operatingSystem === system)
        .filter((image) => !version || image.operatingSystemVersion === version)
        .filter((image) => !shape || fits(image, shape))
      return listed(call, images, (image) => imageOutput(image, now))
    },
  },
  GetImage: {
    pattern: 'GET images/:id',
    run: (call) => ({ json: imageOutput(visibleImage(call, 'INSTANCE_IMAGE_INSPECT'), call.now) }),
  },
  CreateImage: {
    pattern: 'POST images',
    body: [
      ...['compartmentId', 'instanceId', 'displayName', 'freeformTags', 'definedTags', 'launchMode'],
      ...sourceMembers,
    ],
    async run(call) {
      const { records } = call.world
      const image = await once(call, records.images, () => create(call))
      const request = Object.values(records.workRequests ?? {}).find(({ resourceId }) => resourceId === image.id)
      const headers = { ...(request && { 'opc-work-request-id': request.id }) }
      return { json: imageOutput(image, call.now), headers }
    },
  },
  DeleteImage: {
    pattern: 'DELETE images/:id',
    async run(call) {
      const { records, disks } = call.world
      const image = visibleImage(call, 'INSTANCE_IMAGE_DELETE')
      if (image.compartmentId === '') throw notFound()
      if (/^(PROVISIONING|IMPORTING)$/.test(imageState(image, call.now)))
        throw ociError('IncorrectState', `The image ${image.id} is being made.`)
      delete records.images[image.id]
      for (const one of Object.values(records.capabilities))
        if (one.imageId === image.id) delete records.capabilities[one.id]
      if (image.file !== '') await disks.remove(image.file)
      return {}
    },
  },
}
