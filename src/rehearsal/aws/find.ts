import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import type { ImageRecord, InstanceRecord, SnapshotRecord, VolumeRecord } from './records.ts'
import { snapshotState } from './states.ts'
import { stockImages, stockSnapshots } from './stock.ts'

function wellFormed(prefix: string, id: string): boolean {
  return id.startsWith(`${prefix}-`) && /^([0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(prefix.length + 1))
}

/** Every image of the region, stock ones first. */
export function allImages(call: Call): readonly ImageRecord[] {
  return [...stockImages(call.region, call.world.stock), ...Object.values(call.here.images)]
}

/** Every snapshot of the region, stock ones first. */
export function allSnapshots(call: Call): readonly SnapshotRecord[] {
  return [...stockSnapshots(call.region, call.world.stock), ...Object.values(call.here.snapshots)]
}

/** The image, of whichever owner; errors as EC2 words them. */
export function findImage(call: Call, id: string): ImageRecord {
  if (!wellFormed('ami', id)) throw awsError('InvalidAMIID.Malformed', `Invalid id: "${id}"`)
  const image = allImages(call).find((each) => each.id === id)
  if (image !== undefined) return image
  if (Object.hasOwn(call.here.formerImages, id)) {
    throw awsError('InvalidAMIID.Unavailable', `The image ID '${id}' is no longer available`)
  }
  throw awsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`)
}

/** An image of the rehearsal's own account, the only ones it may change. */
export function findOwnImage(call: Call, id: string): ImageRecord {
  const image = findImage(call, id)
  if (call.here.images[id] === undefined) throw awsError('AuthFailure', `Not authorized for image:${id}`)
  return image
}

/** The snapshot, of whichever owner. */
export function findSnapshot(call: Call, id: string): SnapshotRecord {
  if (!wellFormed('snap', id)) {
    throw awsError('InvalidSnapshotID.Malformed', `The snapshot ID '${id}' is malformed`)
  }
  const snapshot = allSnapshots(call).find((each) => each.id === id)
  if (snapshot === undefined) throw awsError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`)
  return snapshot
}

/** A snapshot that can be used: not one whose blocks are still to come. */
export function findWholeSnapshot(call: Call, id: string): SnapshotRecord {
  const snapshot = findSnapshot(call, id)
  if (snapshot.upload === undefined) return snapshot
  const { state } = snapshotState(snapshot, call.now)
  throw awsError('IncorrectState', `Snapshot is in invalid state - ${state}`)
}

/** A snapshot of the rehearsal's own account. */
export function findOwnSnapshot(call: Call, id: string): SnapshotRecord {
  const snapshot = findSnapshot(call, id)
  if (call.here.snapshots[id] === undefined) throw awsError('AuthFailure', `Not authorized for snapshot:${id}`)
  return snapshot
}

/** The volume. */
export function findVolume(call: Call, id: string): VolumeRecord {
  const volume = call.here.volumes[id]
  if (volume === undefined) throw awsError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`)
  return volume
}

/** The instance, also when it is terminated and not yet forgotten. */
export function findInstance(call: Call, id: string): InstanceRecord {
  if (!wellFormed('i', id)) throw awsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`)
  const instance = call.here.instances[id]
  if (instance === undefined) throw awsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
  return instance
}

/** The volumes of an instance, its root first. */
export function volumesOf(call: Pick<Call, 'here'>, instance: InstanceRecord): readonly VolumeRecord[] {
  const attached = Object.values(call.here.volumes).filter((volume) => volume.attachment?.instanceId === instance.id)
  const isRoot = (volume: VolumeRecord) => volume.attachment?.device === instance.rootDevice
  return [...attached.filter(isRoot), ...attached.filter((volume) => !isRoot(volume))]
}
