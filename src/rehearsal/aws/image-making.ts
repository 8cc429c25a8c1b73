import { awsError } from './aws-error.ts'
import { blockDeviceMembers, overlaidDevices } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { copySource } from './copy-source.ts'
import { findImage, findInstance, findSnapshot, volumesOf } from './find.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { encryption, keyFailure } from './kms.ts'
import { addImage, checkName, checkNewName } from './new-image.ts'
import type { DiskMapping, ImageRecord } from './records.ts'
import { account } from './signature.ts'
import { addSnapshot, checkCopies, copyVolume } from './snapshots.ts'
import { durationsMs, imageState, instanceState } from './states.ts'
import { checkTagKinds, requestedTags } from './tags.ts'
import { oncePerToken } from './tokens.ts'

const taggable = ['image', 'snapshot']

/** The devices of a new image: the instance's own, each with a fresh snapshot, under what the request overrides. */
async function captured(call: Call, instanceId: string): Promise<readonly DiskMapping[]> {
  const volumes = volumesOf(call, findInstance(call, instanceId))
  const attached = volumes.flatMap((volume): readonly DiskMapping[] =>
    volume.attachment === undefined
      ? []
      : [{ ...volume, device: volume.attachment.device, deleteOnTermination: volume.attachment.deleteOnTermination }],
  )
  const wanted = overlaidDevices(
    call,
    attached.map(({ device, sizeGiB, type, deleteOnTermination, encrypted, iops, throughput }) => ({
      device,
      sizeGiB,
      type,
      deleteOnTermination,
      encrypted,
      ...(iops !== undefined && { iops }),
      ...(throughput !== undefined && { throughput }),
    })),
    call.input.many('BlockDeviceMappings'),
  )
  const copies = await Promise.all(
    wanted.map(async (disk) => {
      const volume = volumes.find((each) => each.attachment?.device === disk.device)
      return { disk, volume, file: volume === undefined ? undefined : await copyVolume(call, volume) }
    }),
  )
  return copies.map(({ disk, volume, file }) => {
    const { kmsKeyId, encryptedAsked, ...mapping } = disk
    if (volume === undefined || file === undefined) return mapping
    const snapshot = addSnapshot(call, {
      file,
      sizeGiB: volume.sizeGiB,
      volumeId: volume.id,
      description: `Created by CreateImage(${instanceId}) for ${call.input.need('Name')}`,
      encrypted: volume.encrypted,
      ...(volume.kmsKeyId && { kmsKeyId: volume.kmsKeyId }),
      durationMs: durationsMs.image,
      tags: requestedTags(call.input, 'snapshot'),
    })
    return { ...mapping, snapshotId: snapshot.id, encrypted: volume.encrypted }
  })
}

async function createImage(call: Call): Promise<string> {
  checkTagKinds(call.input, taggable)
  const name = checkNewName(call)
  const instance = findInstance(call, call.input.need('InstanceId'))
  const state = instanceState(instance, call.now).Name
  if (state !== 'running' && state !== 'stopped' && state !== 'pending' && state !== 'stopping') {
    throw awsError(
      'IncorrectInstanceState',
      `Instance is not in state 'running' or 'stopped': ${instance.id} is ${state}.`,
    )
  }
  const base = findImageOfInstance(call, instance.imageId)
  const reboot = instance.target === 'running' && call.input.flag('NoReboot') !== true
  if (reboot) await stopMachine(call.world, instance)
  const mappings = await captured(call, instance.id)
  const image = addImage(
    call,
    durationsMs.image,
    {
      name,
      architecture: instance.architecture,
      rootDevice: instance.rootDevice,
      ena: instance.ena,
      ...(instance.bootMode && { bootMode: instance.bootMode }),
      sriov: 'simple',
      ...(base?.imds && { imds: base.imds }),
      ...(base?.tpm && { tpm: base.tpm }),
      source: { id: instance.imageId, region: call.region, instanceId: instance.id },
      mappings,
    },
    requestedTags(call.input, 'image'),
  )
  call.world.save()
  if (reboot) await startMachine(call.world, call.region, instance)
  return image.id
}

function findImageOfInstance(call: Call, id: string): ImageRecord | undefined {
  return call.here.images[id]
}

function copyImage(call: Call): string {
  checkTagKinds(call.input, taggable)
  const name = checkName(call.input.need('Name'))
  const from = copySource(call)
  const source = findImage(from, call.input.need('SourceImageId'))
  if (imageState(source, call.now) !== 'available') {
    throw awsError('InvalidRequest', 'The storage for the ami is not available in the source Region.')
  }
  checkCopies(call, source.mappings.filter((each) => each.snapshotId !== undefined).length)
  const key = call.input.text('KmsKeyId')
  const asked = encryption(call, call.input.flag('Encrypted'), key)
  let kmsKeyId = asked.kmsKeyId
  const mappings = source.mappings.map((mapping): DiskMapping => {
    if (mapping.snapshotId === undefined) return mapping
    const original = findSnapshot(from, mapping.snapshotId)
    // The copy of an encrypted snapshot is always encrypted: with the key asked for, else with the default one.
    const sealed = original.encrypted ? encryption(call, true, key) : asked
    kmsKeyId = sealed.kmsKeyId
    const snapshot = addSnapshot(call, {
      file: original.file,
      sizeGiB: original.sizeGiB,
      volumeId: 'vol-ffffffff',
      description: `Copied for DestinationAmi from SourceAmi ${source.id} for SourceSnapshot ${original.id}.`,
      ...sealed,
      durationMs: durationsMs.copy,
      copy: true,
      tags: requestedTags(call.input, 'snapshot'),
    })
    return { ...mapping, snapshotId: snapshot.id, encrypted: snapshot.encrypted }
  })
  const copied = call.input.flag('CopyImageTags') === true && source.owner === account ? source.tags : {}
  const { bootMode, sriov, tpm, imds, uefiData } = source
  const image = addImage(
    call,
    durationsMs.copy,
    {
      name,
      architecture: source.architecture,
      rootDevice: source.rootDevice,
      ena: source.ena,
      ...(bootMode && { bootMode }),
      ...(sriov && { sriov }),
      ...(tpm && { tpm }),
      ...(imds && { imds }),
      ...(uefiData && { uefiData }),
      source: { id: source.id, region: from.region },
      mappings,
      ...keyFailure(call.region, kmsKeyId),
    },
    { ...copied, ...requestedTags(call.input, 'image') },
  )
  return image.id
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html, API_CopyImage. */
export const imageMakingOperations: Operations = {
  CreateImage: {
    supports: ['InstanceId', 'Name', 'Description', 'NoReboot', 'TagSpecifications', ...blockDeviceMembers],
    creates: taggable,
    run: async (call) => ({ ImageId: await createImage(call) }),
  },
  CopyImage: {
    supports: [
      'Name',
      'Description',
      'SourceImageId',
      'SourceRegion',
      'ClientToken',
      'Encrypted',
      'KmsKeyId',
      'CopyImageTags',
      'TagSpecifications',
    ],
    creates: taggable,
    run: async (call) => ({
      ImageId: await oncePerToken(call, async (remember) => {
        const id = copyImage(call)
        remember(id)
        return id
      }),
    }),
  },
}
