import { alibabaError } from './alibaba-error.ts'
import type { Operations } from './call.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { snapshotStatus } from './states.ts'

/** Snapshots and disks. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describesnapshots */
export const storageOperations: Operations = {
  DescribeSnapshots: {
    actions: ['ecs:DescribeSnapshots'],
    supports: [...listParameters, 'SnapshotIds'],
    reads: true,
    run: (call) => {
      const { input, world, now } = call
      const ids = input.listed('SnapshotIds')
      const found = Object.values(world.records.snapshots).filter(({ id }) => ids.length === 0 || ids.includes(id))
      return listed(call, 'Snapshots', 'Snapshot', found, (snapshot) => ({
        ...{ SnapshotId: snapshot.id, SnapshotName: snapshot.name, Status: snapshotStatus(snapshot, now) },
        ...{ SourceDiskId: snapshot.diskId, SourceDiskSize: String(snapshot.sizeGb), SourceDiskType: 'system' },
        ...{ CreationTime: timeOf(snapshot.createdAt), Encrypted: snapshot.encrypted, KMSKeyId: snapshot.kmsKeyId },
        Tags: tagsOutput(snapshot.tags),
      }))
    },
  },
  DeleteSnapshot: {
    actions: ['ecs:DeleteSnapshot'],
    supports: ['SnapshotId', 'Force'],
    run: async ({ input, region, world }) => {
      const { snapshots, images } = world.records
      const snapshot = snapshots[input.need('SnapshotId')]
      if (snapshot === undefined || snapshot.region !== region)
        throw alibabaError('InvalidSnapshotId.NotFound', 'The specified SnapshotId does not exist.')
      if (Object.values(images).some(({ snapshotId }) => snapshotId === snapshot.id))
        throw alibabaError('SnapshotCreatedImage', 'The snapshot has been used to create an image.')
      delete snapshots[snapshot.id]
      await world.disks.remove(snapshot.file)
      return {}
    },
  },
  DeleteDisk: {
    actions: ['ecs:DeleteDisk'],
    supports: ['DiskId'],
    run: ({ input, region, world }) => {
      const disk = world.records.disks[input.need('DiskId')]
      if (disk === undefined || disk.region !== region)
        throw alibabaError('InvalidDiskId.NotFound', 'The specified disk does not exist.')
      // Every disk here is the system disk of an instance, and goes with it.
      throw alibabaError('IncorrectDiskStatus', 'The current disk status does not support this operation.')
    },
  },
  DescribeDisks: {
    actions: ['ecs:DescribeDisks'],
    supports: [...listParameters, 'DiskIds', 'InstanceId', 'DiskType'],
    reads: true,
    run: (call) => {
      const { input, world } = call
      const ids = input.listed('DiskIds')
      const instanceId = input.text('InstanceId')
      const found = Object.values(world.records.disks)
        .filter(({ id }) => ids.length === 0 || ids.includes(id))
        .filter((disk) => instanceId === undefined || disk.instanceId === instanceId)
        .filter(() => input.text('DiskType') !== 'data')
      return listed(call, 'Disks', 'Disk', found, (disk) => ({
        ...{ DiskId: disk.id, DiskName: disk.name, Status: 'In_use', Type: 'system', Category: disk.category },
        ...{ Size: disk.sizeGb, InstanceId: disk.instanceId, ZoneId: disk.zone, RegionId: disk.region },
        ...{ DeleteWithInstance: true, CreationTime: timeOf(disk.createdAt), Device: '/dev/xvda' },
        Tags: tagsOutput(disk.tags),
      }))
    },
  },
}
