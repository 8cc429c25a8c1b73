import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import { checkVolume, performanceOf } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { findVolume, findWholeSnapshot } from './find.ts'
import { newId } from './ids.ts'
import { encryption } from './kms.ts'
import type { VolumeRecord } from './records.ts'
import { zonesOf } from './regions.ts'
import { volumeState } from './states.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'
import { oncePerToken } from './tokens.ts'

const volumeFilters: Filters<VolumeRecord> = {
  'attachment.delete-on-termination': (volume) => volume.attachment?.deleteOnTermination,
  'attachment.device': (volume) => volume.attachment?.device,
  'attachment.instance-id': (volume) => volume.attachment?.instanceId,
  'attachment.status': (volume) => volume.attachment && 'attached',
  'availability-zone': (volume) => volume.zone,
  'create-time': (volume) => new Date(volume.createdAt).toISOString(),
  encrypted: (volume) => volume.encrypted,
  size: (volume) => volume.sizeGiB,
  'snapshot-id': (volume) => volume.snapshotId,
  status: volumeState,
  'volume-id': (volume) => volume.id,
  'volume-type': (volume) => volume.type,
}

function volumeOutput(volume: VolumeRecord): { readonly [name: string]: Output } {
  const attached = volume.attachment
  return {
    VolumeId: volume.id,
    Size: volume.sizeGiB,
    SnapshotId: volume.snapshotId,
    AvailabilityZone: volume.zone,
    State: volumeState(volume),
    CreateTime: new Date(volume.createdAt).toISOString(),
    VolumeType: volume.type,
    ...performanceOf(volume),
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    MultiAttachEnabled: false,
    Attachments:
      attached === undefined
        ? []
        : [
            {
              VolumeId: volume.id,
              InstanceId: attached.instanceId,
              Device: attached.device,
              State: 'attached',
              AttachTime: new Date(attached.at).toISOString(),
              DeleteOnTermination: attached.deleteOnTermination,
            },
          ],
    Tags: tagList(volume.tags),
  }
}

async function createVolume(call: Call): Promise<VolumeRecord> {
  const { input } = call
  checkTagKinds(input, ['volume'])
  const zone = input.need('AvailabilityZone')
  if (!zonesOf(call.region).includes(zone)) {
    throw awsError('InvalidZone.NotFound', `The zone '${zone}' does not exist.`)
  }
  const snapshotId = input.text('SnapshotId')
  const snapshot = snapshotId === undefined ? undefined : findWholeSnapshot(call, snapshotId)
  const sizeGiB = input.number('Size') ?? snapshot?.sizeGiB
  if (sizeGiB === undefined) throw awsError('MissingParameter', 'The request must contain the parameter size/snapshot')
  if (snapshot !== undefined && sizeGiB < snapshot.sizeGiB) {
    throw awsError(
      'InvalidParameterValue',
      `The size of a volume can only be increased, not decreased: snapshot '${snapshot.id}' has ${snapshot.sizeGiB} GiB`,
    )
  }
  const iops = input.number('Iops')
  const throughput = input.number('Throughput')
  const disk = {
    sizeGiB,
    type: input.text('VolumeType') ?? 'gp2',
    ...(iops !== undefined && { iops }),
    ...(throughput !== undefined && { throughput }),
  }
  checkVolume(disk)
  return {
    id: newId('vol'),
    ...disk,
    ...encryption(call, input.flag('Encrypted') ?? snapshot?.encrypted, input.text('KmsKeyId') ?? snapshot?.kmsKeyId),
    snapshotId: snapshot?.id ?? '',
    zone,
    createdAt: call.now,
    ...(snapshot !== undefined && { file: await call.world.disks.copy(snapshot.file, sizeGiB) }),
    tags: requestedTags(input, 'volume'),
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html and its neighbours. */
export const volumeOperations: Operations = {
  DescribeVolumes: {
    supports: ['VolumeIds', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const ids = call.input.texts('VolumeIds')
      const candidates = ids.length > 0 ? ids.map((id) => findVolume(call, id)) : Object.values(call.here.volumes)
      const { items, next } = filtered(call, candidates, volumeFilters)
      return { Volumes: items.map(volumeOutput), NextToken: next }
    },
  },
  CreateVolume: {
    supports: [
      'AvailabilityZone',
      'ClientToken',
      'Encrypted',
      'Iops',
      'KmsKeyId',
      'Size',
      'SnapshotId',
      'TagSpecifications',
      'Throughput',
      'VolumeType',
    ],
    creates: ['volume'],
    run: async (call) => {
      const id = await oncePerToken(call, async (remember) => {
        const volume = await createVolume(call)
        call.here.volumes[volume.id] = volume
        remember(volume.id)
        return volume.id
      })
      const { Attachments, ...created } = volumeOutput(findVolume(call, id))
      return { ...created, State: 'creating' }
    },
  },
  DeleteVolume: {
    supports: ['VolumeId'],
    run: async (call) => {
      const volume = findVolume(call, call.input.need('VolumeId'))
      if (volume.attachment !== undefined) {
        throw awsError('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`)
      }
      delete call.here.volumes[volume.id]
      if (volume.file !== undefined) await call.world.disks.remove(volume.file)
      return undefined
    },
  },
}
