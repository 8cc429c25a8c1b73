import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Call, Operations, World } from './call.ts'
import { copySource } from './copy-source.ts'
import { type Filters, filtered } from './filters.ts'
import { allSnapshots, findOwnSnapshot, findSnapshot, findVolume, findWholeSnapshot } from './find.ts'
import { newId } from './ids.ts'
import { encryption } from './kms.ts'
import { changedPermissions } from './permissions.ts'
import type { SnapshotRecord, VolumeRecord } from './records.ts'
import { account } from './signature.ts'
import { blockListOf } from './snapshot-blocks.ts'
import { durationsMs, snapshotState } from './states.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'

/** Deletes a snapshot's disk file, and the list of its blocks, once no snapshot of any region shares it. */
export async function releaseFile({ world }: { readonly world: World }, file: string): Promise<void> {
  const shared = Object.values(world.records).some((region) =>
    Object.values(region.snapshots).some((each) => each.file === file),
  )
  if (shared) return
  await world.disks.remove(file)
  await world.disks.remove(blockListOf(file))
}

/** What a new snapshot is made with. */
export interface SnapshotMaking {
  readonly file: string
  readonly sizeGiB: number
  readonly volumeId: string
  readonly description: string
  readonly encrypted: boolean
  readonly kmsKeyId?: string
  /** How long it is pending; absent with `upload`. */
  readonly durationMs?: number
  readonly upload?: SnapshotRecord['upload']
  readonly copy?: true
  readonly tags: SnapshotRecord['tags']
}

/** Records a snapshot of a disk file that is already there. */
export function addSnapshot(call: Call, { durationMs, ...making }: SnapshotMaking): SnapshotRecord {
  const snapshot = {
    id: newId('snap'),
    owner: account,
    startedAt: call.now,
    ...(durationMs !== undefined && { completedAt: call.now + durationMs }),
    permissions: [],
    ...making,
  }
  call.here.snapshots[snapshot.id] = snapshot
  return snapshot
}

const mostCopies = 20

/**
 * Refuses more copies into the region than EC2 makes at once.
 * https://docs.aws.amazon.com/general/latest/gr/ebs-service.html#limits_ebs (2026-11)
 */
export function checkCopies(call: Call, more: number): void {
  const running = Object.values(call.here.snapshots).filter(
    (snapshot) => snapshot.copy === true && snapshotState(snapshot, call.now).state === 'pending',
  )
  if (running.length + more > mostCopies) {
    throw awsError(
      'ResourceLimitExceeded',
      `Too many snapshot copies in progress. The limit is ${mostCopies} for this destination region.`,
    )
  }
}

/** An immutable copy of the volume's disk as it is now. */
export async function copyVolume(call: Call, volume: VolumeRecord): Promise<string> {
  return volume.file === undefined ? call.world.disks.blank(volume.sizeGiB) : call.world.disks.copy(volume.file)
}

const snapshotFilters: Filters<SnapshotRecord> = {
  description: (snapshot) => snapshot.description,
  encrypted: (snapshot) => snapshot.encrypted,
  'owner-id': (snapshot) => snapshot.owner,
  progress: (snapshot, call) => snapshotState(snapshot, call.now).progress,
  'snapshot-id': (snapshot) => snapshot.id,
  'start-time': (snapshot) => new Date(snapshot.startedAt).toISOString(),
  status: (snapshot, call) => snapshotState(snapshot, call.now).state,
  'storage-tier': () => 'standard',
  'volume-id': (snapshot) => snapshot.volumeId,
  'volume-size': (snapshot) => snapshot.sizeGiB,
}

function snapshotOutput(snapshot: SnapshotRecord, now: number): { readonly [name: string]: Output } {
  const { state, progress } = snapshotState(snapshot, now)
  return {
    SnapshotId: snapshot.id,
    VolumeId: snapshot.volumeId,
    State: state,
    StartTime: new Date(snapshot.startedAt).toISOString(),
    CompletionTime: state === 'completed' ? new Date(snapshot.completedAt ?? now).toISOString() : undefined,
    Progress: progress,
    OwnerId: snapshot.owner,
    Description: snapshot.description,
    VolumeSize: snapshot.sizeGiB,
    Encrypted: snapshot.encrypted,
    KmsKeyId: snapshot.kmsKeyId,
    StorageTier: 'standard',
    Tags: tagList(snapshot.tags),
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html and its neighbours. */
export const snapshotOperations: Operations = {
  DescribeSnapshots: {
    supports: ['SnapshotIds', 'OwnerIds', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const ids = call.input.texts('SnapshotIds')
      const owners = call.input.texts('OwnerIds').map((owner) => (owner === 'self' ? account : owner))
      const candidates = ids.length > 0 ? ids.map((id) => findSnapshot(call, id)) : allSnapshots(call)
      const owned = candidates.filter((snapshot) => owners.length === 0 || owners.includes(snapshot.owner))
      const { items, next } = filtered(call, owned, snapshotFilters)
      return { Snapshots: items.map((snapshot) => snapshotOutput(snapshot, call.now)), NextToken: next }
    },
  },
  CreateSnapshot: {
    supports: ['VolumeId', 'Description', 'TagSpecifications'],
    creates: ['snapshot'],
    run: async (call) => {
      checkTagKinds(call.input, ['snapshot'])
      const volume = findVolume(call, call.input.need('VolumeId'))
      const snapshot = addSnapshot(call, {
        file: await copyVolume(call, volume),
        sizeGiB: volume.sizeGiB,
        volumeId: volume.id,
        description: call.input.text('Description') ?? '',
        encrypted: volume.encrypted,
        ...(volume.kmsKeyId && { kmsKeyId: volume.kmsKeyId }),
        durationMs: durationsMs.snapshot,
        tags: requestedTags(call.input, 'snapshot'),
      })
      const { CompletionTime, StorageTier, ...created } = snapshotOutput(snapshot, call.now)
      return created
    },
  },
  CopySnapshot: {
    supports: [
      'SourceRegion',
      'SourceSnapshotId',
      'Description',
      'Encrypted',
      'KmsKeyId',
      'PresignedUrl',
      'DestinationRegion',
      'TagSpecifications',
    ],
    creates: ['snapshot'],
    run: (call) => {
      checkTagKinds(call.input, ['snapshot'])
      const source = findWholeSnapshot(copySource(call), call.input.need('SourceSnapshotId'))
      checkCopies(call, 1)
      const snapshot = addSnapshot(call, {
        file: source.file,
        sizeGiB: source.sizeGiB,
        volumeId: 'vol-ffffffff',
        description:
          call.input.text('Description') ??
          `[Copied ${source.id} from ${call.input.need('SourceRegion')}] ${source.description}`,
        ...encryption(call, source.encrypted || call.input.flag('Encrypted'), call.input.text('KmsKeyId')),
        durationMs: durationsMs.copy,
        copy: true,
        tags: requestedTags(call.input, 'snapshot'),
      })
      return { SnapshotId: snapshot.id, Tags: tagList(snapshot.tags) }
    },
  },
  DeleteSnapshot: {
    supports: ['SnapshotId'],
    run: async (call) => {
      const snapshot = findOwnSnapshot(call, call.input.need('SnapshotId'))
      const user = Object.values(call.here.images).find((image) =>
        image.mappings.some((each) => each.snapshotId === snapshot.id),
      )
      if (user !== undefined) {
        throw awsError('InvalidSnapshot.InUse', `The snapshot ${snapshot.id} is currently in use by ${user.id}`)
      }
      delete call.here.snapshots[snapshot.id]
      await releaseFile(call, snapshot.file)
      return undefined
    },
  },
  DescribeSnapshotAttribute: {
    supports: ['SnapshotId', 'Attribute'],
    run: (call) => {
      const snapshot = findOwnSnapshot(call, call.input.need('SnapshotId'))
      if (call.input.text('Attribute') === 'productCodes') return { SnapshotId: snapshot.id, ProductCodes: [] }
      return { SnapshotId: snapshot.id, CreateVolumePermissions: snapshot.permissions.map((each) => ({ ...each })) }
    },
  },
  ModifySnapshotAttribute: {
    supports: ['SnapshotId', 'Attribute', 'OperationType', 'UserIds', 'GroupNames', 'CreateVolumePermission'],
    run: (call) => {
      const snapshot = findOwnSnapshot(call, call.input.need('SnapshotId'))
      const permissions = changedPermissions(call, snapshot.permissions, {
        changes: 'CreateVolumePermission',
        groups: 'GroupNames',
        snapshots: [snapshot],
        unknown: 'InvalidParameterValue',
      })
      snapshot.permissions = permissions
      return undefined
    },
  },
}
