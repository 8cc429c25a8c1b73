import { randomBytes } from 'node:crypto'
import { type Json, objectIn, textIn, textsIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { findImage } from './find-image.ts'
import { fits } from './image-shapes.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { checkGroup, checkSubnet, freeAddresses } from './network.ts'
import { invalid, notFound, notImplemented, ociError } from './oci-error.ts'
import type { InstanceRecord } from './records.ts'
import { hasDomain } from './regions.ts'
import {
  found,
  listed,
  listedCompartment,
  listQuery,
  newOcid,
  once,
  requiredIn,
  resourceIn,
  tagsIn,
  told,
} from './resource.ts'
import { sizeOf } from './shapes.ts'
import { imageState, instanceState } from './states.ts'

const smallestVolumeGb = 50

/** An instance that is not terminated, or Oracle's refusal. */
export function liveInstance(call: Call, id: string): InstanceRecord {
  const instance = found(call.world.records.instances, call, id)
  if (instance.terminatedAt !== undefined)
    throw ociError('IncorrectState', `The instance ${id} is in state ${instanceState(instance, call.now)}.`)
  return instance
}

async function launch(call: Call): Promise<InstanceRecord> {
  const { body, world, region, now } = call
  const { compartmentId } = resourceIn(call, 'instance')
  const availabilityDomain = requiredIn(body, 'availabilityDomain')
  if (!hasDomain(region, availabilityDomain))
    throw invalid(`The availability domain ${availabilityDomain} is not in ${region.name}`)
  const shape = requiredIn(body, 'shape')
  const size = sizeOf(shape, body.shapeConfig)
  const source = objectIn(body.sourceDetails)
  if ((source.sourceType ?? 'image') !== 'image') throw notImplemented('an instance from anything but an image')
  // The older form of a request names the image beside everything else.
  const image = findImage(call, textIn(source.imageId) ?? requiredIn(body, 'imageId'))
  if (imageState(image, now) !== 'AVAILABLE')
    throw ociError('IncorrectState', `The image ${image.id} is not available.`)
  const card = objectIn(body.createVnicDetails)
  const subnetId = checkSubnet(call, textIn(card.subnetId) ?? textIn(body.subnetId) ?? '')
  const nsgIds = textsIn(card.nsgIds)
  for (const id of nsgIds) checkGroup(call, id)
  call.allow(['INSTANCE_CREATE', 'VNIC_CREATE', 'VNIC_ATTACH', 'SUBNET_ATTACH'], compartmentId)
  if (nsgIds.length > 0)
    call.allow(['NETWORK_SECURITY_GROUP_UPDATE_MEMBERS', 'VNIC_ASSOCIATE_NETWORK_SECURITY_GROUP'], compartmentId)
  call.allow(['INSTANCE_IMAGE_READ'], image.compartmentId || compartmentId)
  if (!fits(image, shape)) throw invalid(`Shape ${shape} is not valid for image ${image.id}.`)
  if (card.assignPublicIp === false)
    throw notImplemented('an instance without a public address: nothing on this machine could reach it')
  const sizeGb = Number(source.bootVolumeSizeInGBs ?? Math.max(image.sizeGb, smallestVolumeGb))
  if (sizeGb < Math.max(image.sizeGb, smallestVolumeGb) || sizeGb > 32_768)
    throw invalid(`bootVolumeSizeInGBs ${sizeGb} is not between ${Math.max(image.sizeGb, smallestVolumeGb)} and 32768`)
  const resource = resourceIn(call, 'instance')
  const bootVolumeId = newOcid('bootvolume', region)
  const metadata = Object.entries(objectIn(body.metadata)).map(([key, value]) => [key, String(value)])
  const instance: InstanceRecord = {
    ...resource,
    ...size,
    availabilityDomain,
    shape,
    imageId: image.id,
    user: image.user,
    metadata: Object.fromEntries(metadata),
    legacyImdsDisabled: objectIn(body.instanceOptions).areLegacyImdsEndpointsDisabled === true,
    hostname: hostnameOf(textIn(card.hostnameLabel) ?? textIn(body.hostnameLabel) ?? resource.displayName),
    subnetId,
    nsgIds,
    vnicId: newOcid('vnic', region),
    vnicName: textIn(card.displayName) ?? resource.displayName,
    vnicTags: tagsIn(card.freeformTags),
    ...freeAddresses(call),
    mac: `02:00:17:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
    bootVolumeId,
  }
  world.records.bootVolumes[bootVolumeId] = {
    ...resource,
    id: bootVolumeId,
    displayName: `${resource.displayName} (Boot Volume)`,
    freeformTags: {},
    availabilityDomain,
    imageId: image.id,
    sizeGb,
    file: await world.disks.copy(image.file, sizeGb),
    instanceId: instance.id,
  }
  world.records.instances[instance.id] = instance
  // Remembered before it runs: a daemon that is killed now finds and ends it.
  world.save()
  try {
    await startMachine(world, instance)
  } catch (error) {
    await end(call, instance)
    throw error
  }
  return instance
}

function hostnameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
  return name.replaceAll(/^-+|-+$/g, '') || 'instance'
}

/** Ends the instance together with its boot volume; its record is kept for a while. */
async function end({ world, now }: Call, instance: InstanceRecord): Promise<void> {
  instance.terminatedAt = now
  await stopMachine(world, instance)
  const volume = world.records.bootVolumes[instance.bootVolumeId]
  if (volume === undefined) return
  delete world.records.bootVolumes[volume.id]
  await world.disks.remove(volume.file)
}

function instanceOutput(instance: InstanceRecord, { region, now }: Call): Json {
  const { availabilityDomain, shape, ocpus, memoryInGBs, imageId, metadata, legacyImdsDisabled } = instance
  return {
    ...told(instance),
    availabilityDomain,
    faultDomain: 'FAULT-DOMAIN-1',
    lifecycleState: instanceState(instance, now),
    region: region.key,
    shape,
    shapeConfig: { ocpus, memoryInGBs },
    imageId,
    sourceDetails: { sourceType: 'image', imageId },
    metadata,
    extendedMetadata: {},
    instanceOptions: { areLegacyImdsEndpointsDisabled: legacyImdsDisabled },
    launchMode: 'PARAVIRTUALIZED',
  }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Instance (2026-11) */
export const instanceOperations: Operations = {
  ListInstances: {
    pattern: 'GET instances',
    query: [...listQuery, 'availabilityDomain'],
    run(call) {
      const compartment = listedCompartment(call, ['INSTANCE_READ'])
      const domain = call.query.get('availabilityDomain')
      const instances = Object.values(call.world.records.instances)
        .filter(({ compartmentId }) => compartmentId === compartment)
        .filter(({ availabilityDomain }) => domain === null || availabilityDomain === domain)
      return listed(call, instances, (one) => instanceOutput(one, call))
    },
  },
  GetInstance: {
    pattern: 'GET instances/:id',
    run(call) {
      const instance = found(call.world.records.instances, call, call.at.id ?? '')
      call.allow(['INSTANCE_READ'], instance.compartmentId)
      return { json: instanceOutput(instance, call) }
    },
  },
  LaunchInstance: {
    pattern: 'POST instances',
    body: [
      ...[
        'compartmentId',
        'availabilityDomain',
        'displayName',
        'shape',
        'shapeConfig.ocpus',
        'shapeConfig.memoryInGBs',
      ],
      ...['sourceDetails.sourceType', 'sourceDetails.imageId', 'sourceDetails.bootVolumeSizeInGBs', 'metadata'],
      ...['createVnicDetails.subnetId', 'createVnicDetails.assignPublicIp', 'createVnicDetails.nsgIds'],
      ...['createVnicDetails.displayName', 'createVnicDetails.hostnameLabel', 'createVnicDetails.freeformTags'],
      ...['createVnicDetails.definedTags', 'instanceOptions.areLegacyImdsEndpointsDisabled', 'freeformTags'],
      ...['definedTags', 'subnetId', 'hostnameLabel', 'imageId'],
    ],
    run: async (call) => ({
      json: instanceOutput(await once(call, call.world.records.instances, () => launch(call)), call),
    }),
  },
  TerminateInstance: {
    pattern: 'DELETE instances/:id',
    query: ['preserveBootVolume', 'preserveDataVolumesCreatedAtLaunch'],
    async run(call) {
      const instance = found(call.world.records.instances, call, call.at.id ?? '')
      call.allow(['INSTANCE_DELETE', 'VNIC_DELETE', 'SUBNET_DETACH'], instance.compartmentId)
      if (instanceState(instance, call.now) === 'TERMINATED') throw notFound()
      if (call.query.get('preserveBootVolume') === 'true') throw notImplemented('keeping the boot volume')
      if (instance.terminatedAt === undefined) await end(call, instance)
      return {}
    },
  },
}
