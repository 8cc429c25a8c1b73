import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import { findWholeSnapshot } from './find.ts'
import type { Input } from './input.ts'
import type { DiskMapping } from './records.ts'

/** The members of a block device mapping the stand-in acts on, under the request's member `BlockDeviceMappings`. */
export const blockDeviceMembers: readonly string[] = [
  'DeviceName',
  'NoDevice',
  'VirtualName',
  ...[
    'DeleteOnTermination',
    'Encrypted',
    'Iops',
    'KmsKeyId',
    'SnapshotId',
    'Throughput',
    'VolumeSize',
    'VolumeType',
  ].map((name) => `Ebs.${name}`),
].map((name) => `BlockDeviceMappings.${name}`)

/** Limits per volume type. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html (2026-11) */
const volumeTypes: Readonly<
  Record<
    string,
    {
      readonly sizeGiB: readonly [number, number]
      readonly iops?: readonly [number, number]
      readonly iopsNeeded?: true
      readonly throughput?: readonly [number, number]
    }
  >
> = {
  gp2: { sizeGiB: [1, 16384] },
  gp3: { sizeGiB: [1, 65536], iops: [3000, 80000], throughput: [125, 2000] },
  io1: { sizeGiB: [4, 16384], iops: [100, 64000], iopsNeeded: true },
  io2: { sizeGiB: [4, 65536], iops: [100, 256000], iopsNeeded: true },
  sc1: { sizeGiB: [125, 16384] },
  st1: { sizeGiB: [125, 16384] },
  standard: { sizeGiB: [1, 1024] },
}

function within(value: number, [low, high]: readonly [number, number]): boolean {
  return value >= low && value <= high
}

/** Refuses a size, IOPS or throughput the volume type does not have. */
export function checkVolume(disk: Pick<DiskMapping, 'sizeGiB' | 'type' | 'iops' | 'throughput'>): void {
  const limits = volumeTypes[disk.type]
  if (limits === undefined) throw awsError('UnknownVolumeType', `Unknown volume type: ${disk.type}`)
  if (!within(disk.sizeGiB, limits.sizeGiB)) {
    throw awsError(
      'InvalidParameterValue',
      `Volume of ${disk.sizeGiB}GiB is invalid for volume type ${disk.type}; must be between ${limits.sizeGiB.join('GiB and ')}GiB`,
    )
  }
  if (disk.iops === undefined && limits.iopsNeeded)
    throw awsError('MissingParameter', 'The request must contain the parameter iops')
  for (const name of ['iops', 'throughput'] as const) {
    const value = disk[name]
    if (value === undefined) continue
    const range = limits[name]
    if (range === undefined) {
      throw awsError('InvalidParameterCombination', `The parameter ${name} is not supported for ${disk.type} volumes.`)
    }
    if (!within(value, range)) {
      throw awsError(
        'InvalidParameterValue',
        `Volume ${name} of ${value} is not supported; ${name} must be between ${range.join(' and ')}.`,
      )
    }
  }
}

/** A new volume's properties: what the request says, else what the image says, else EC2's defaults. */
export interface WantedDisk extends DiskMapping {
  readonly kmsKeyId?: string
  /** `Encrypted` as the request said it; absent when it did not. */
  readonly encryptedAsked?: boolean
}

/**
 * The image's devices with the request's laid over them, by device name.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-device-mapping-concepts.html
 */
export function overlaidDevices(
  call: Call,
  devices: readonly DiskMapping[],
  mappings: readonly Input[],
): readonly WantedDisk[] {
  const wanted = new Map<string, WantedDisk>(devices.map((device) => [device.device, device]))
  for (const mapping of mappings) {
    const device = mapping.text('DeviceName')
    if (device === undefined) throw awsError('MissingParameter', 'The request must contain the parameter deviceName')
    const ebs = mapping.one('Ebs')
    if (mapping.text('NoDevice') !== undefined) wanted.delete(device)
    else if (ebs !== undefined) wanted.set(device, overlaid(call, device, wanted.get(device), ebs))
    // What remains is an instance store volume (VirtualName), which no offered instance type has.
  }
  return [...wanted.values()]
}

function overlaid(call: Call, device: string, base: WantedDisk | undefined, ebs: Input): WantedDisk {
  const snapshotId = ebs.text('SnapshotId') ?? base?.snapshotId
  const snapshot = snapshotId === undefined ? undefined : findWholeSnapshot(call, snapshotId)
  const sizeGiB = ebs.number('VolumeSize') ?? base?.sizeGiB ?? snapshot?.sizeGiB
  if (sizeGiB === undefined)
    throw awsError('MissingParameter', 'The request must contain the parameter size or snapshotId')
  if (snapshot !== undefined && sizeGiB < snapshot.sizeGiB) {
    throw awsError(
      'InvalidBlockDeviceMapping',
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGiB}GB`,
    )
  }
  const type = ebs.text('VolumeType') ?? base?.type ?? 'gp2'
  const sameType = type === base?.type
  const iops = ebs.number('Iops') ?? (sameType ? base?.iops : undefined)
  const throughput = ebs.number('Throughput') ?? (sameType ? base?.throughput : undefined)
  const encryptedAsked = ebs.flag('Encrypted')
  const kmsKeyId = ebs.text('KmsKeyId')
  if (encryptedAsked === false && snapshot?.encrypted) {
    throw awsError(
      'InvalidBlockDeviceMapping',
      `Encrypted cannot be false when creating a volume from the encrypted snapshot '${snapshot.id}'`,
    )
  }
  const disk = {
    device,
    ...(snapshotId && { snapshotId }),
    sizeGiB,
    type,
    deleteOnTermination: ebs.flag('DeleteOnTermination') ?? base?.deleteOnTermination ?? true,
    encrypted: encryptedAsked ?? snapshot?.encrypted ?? false,
    ...(iops !== undefined && { iops }),
    ...(throughput !== undefined && { throughput }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(encryptedAsked !== undefined && { encryptedAsked }),
  }
  checkVolume(disk)
  return disk
}

/** Performance as EC2 reports it where none was asked for. */
export function performanceOf(disk: {
  readonly sizeGiB: number
  readonly type: string
  readonly iops?: number
  readonly throughput?: number
}): { readonly Iops?: number; readonly Throughput?: number } {
  if (disk.type === 'gp3') return { Iops: disk.iops ?? 3000, Throughput: disk.throughput ?? 125 }
  if (disk.type === 'gp2') return { Iops: Math.min(16000, Math.max(100, disk.sizeGiB * 3)) }
  return disk.iops === undefined ? {} : { Iops: disk.iops }
}

/** A mapping as DescribeImages shows it. */
export function mappingOutput(disk: DiskMapping): Output {
  return {
    DeviceName: disk.device,
    Ebs: {
      DeleteOnTermination: disk.deleteOnTermination,
      SnapshotId: disk.snapshotId,
      VolumeSize: disk.sizeGiB,
      VolumeType: disk.type,
      Encrypted: disk.encrypted,
      Iops: disk.type === 'gp2' ? undefined : performanceOf(disk).Iops,
      Throughput: performanceOf(disk).Throughput,
    },
  }
}
