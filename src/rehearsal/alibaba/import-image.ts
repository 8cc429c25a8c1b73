import { closeSync, openSync, writeSync } from 'node:fs'
import { messageOf } from '../../core/error.ts'
import type { Json } from '../kit/json.ts'
import { alibabaError, isAlibabaError, notImplemented } from './alibaba-error.ts'
import type { Call, Operations, World } from './call.ts'
import { checkName } from './images.ts'
import { listParameters, timeOf } from './listing.ts'
import { openPieces } from './oss-bytes.ts'
import { newId } from './places.ts'
import { readQcow2 } from './qcow2.ts'
import type { ImageRecord, ImportRecord, ObjectRecord } from './records.ts'
import { ecsReadsBy } from './roles.ts'
import { importedAt, taskStatus } from './states.ts'
import { oncePerToken } from './tokens.ts'

const bytesPerGiB = 1024 ** 3
const platforms = [
  ...[
    'Aliyun',
    'Anolis',
    'CentOS',
    'Ubuntu',
    'CoreOS',
    'SUSE',
    'Debian',
    'OpenSUSE',
    'FreeBSD',
    'RedHat',
    'Kylin',
    'UOS',
  ],
  ...[
    'Fedora',
    'Fedora CoreOS',
    'CentOS Stream',
    'AlmaLinux',
    'Rocky Linux',
    'Gentoo',
    'Customized Linux',
    'Others Linux',
  ],
]

/** The one disk of an order, and what the file in OSS has to do with it. */
function sourceOf({ input, world, region }: Call): {
  readonly object: ObjectRecord
  readonly source: ImportRecord['source']
  readonly sizeGb: number
} {
  const [disk, more] = input.objects('DiskDeviceMapping')
  if (disk === undefined)
    throw alibabaError(
      'MissingParameter.DiskDeviceMapping',
      'The specified parameter DiskDeviceMapping is not supplied.',
    )
  const { Format = '', OSSBucket = '', OSSObject = '', DiskImageSize, DiskImSize, Device, ...others } = disk
  const [unknown] = Object.keys(others)
  if (more !== undefined) throw notImplemented('an import of data disks')
  if (unknown !== undefined || Device !== undefined)
    throw notImplemented(`the parameter DiskDeviceMapping.1.${unknown ?? 'Device'} of ImportImage`)
  if (Format.toUpperCase() !== 'QCOW2')
    throw notImplemented(`an import of the format ${Format || 'that is to be found out'}`)
  const bucket = world.records.buckets[OSSBucket]
  if (bucket?.region !== region)
    throw alibabaError('InvalidOSSBucket.NotFound', 'The specified OSS bucket does not exist in this region.')
  const object = bucket.objects[OSSObject]
  if (object === undefined)
    throw alibabaError('InvalidOSSObject.NotFound', 'The specified OSS object does not exist in this region.')
  const sizeGb = Number(DiskImageSize ?? DiskImSize ?? Number.NaN)
  if (!Number.isInteger(sizeGb) || sizeGb < 1 || sizeGb > 2048)
    throw alibabaError('InvalidParameter', 'The specified parameter "DiskDeviceMapping.1.DiskImageSize" is not valid.')
  return { object, source: { bucket: OSSBucket, key: OSSObject }, sizeGb }
}

/** How the image is to start. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11) */
function bootOf({ input }: Call): Pick<ImageRecord, 'architecture' | 'bootMode' | 'nvme' | 'platform'> {
  const architecture = input.text('Architecture') ?? 'x86_64'
  const bootMode = input.text('BootMode') ?? (architecture === 'arm64' ? 'UEFI' : 'BIOS')
  const platform = input.text('Platform') ?? 'Others Linux'
  const wrong = (name: string): Error =>
    alibabaError('InvalidParameter', `The specified parameter "${name}" is not valid.`)
  if (architecture !== 'x86_64' && architecture !== 'arm64') throw wrong('Architecture')
  if (bootMode !== 'UEFI' && (bootMode !== 'BIOS' || architecture === 'arm64')) throw wrong('BootMode')
  if ((input.text('OSType') ?? 'linux') !== 'linux') throw notImplemented('an import of Windows')
  if (!platforms.includes(platform)) throw wrong('Platform')
  return { architecture, bootMode, platform, nvme: input.text('Features.NvmeSupport') === 'supported' }
}

/** Writes the disk of a qcow2 file; what is zeros stays a hole. Tells what the file is refused for. */
async function unpack(
  world: World,
  object: ObjectRecord,
  sizeGb: number,
): Promise<{ readonly file: string; readonly failure?: string }> {
  const file = await world.disks.blank(sizeGb)
  const reader = await openPieces(world, object.pieces)
  const disk = openSync(await world.disks.path(file), 'r+')
  try {
    const contents = readQcow2(reader)
    if (contents.bytes > sizeGb * bytesPerGiB) return { file, failure: `the disk has more than ${sizeGb} GiB` }
    for (const { offset, data } of contents.clusters())
      if (data.some((byte) => byte !== 0)) writeSync(disk, data, 0, data.length, offset)
    return { file }
  } catch (error) {
    if (isAlibabaError(error)) throw error
    return { file, failure: messageOf(error) }
  } finally {
    closeSync(disk)
    reader.close()
  }
}

async function start(call: Call): Promise<Json> {
  const { input, region, world, now } = call
  const { records } = world
  if (!ecsReadsBy(records.roles.AliyunECSImageImportDefaultRole))
    throw alibabaError(
      'NoSetRoletoECSServiceAcount',
      'ECS service account Have no right to access your OSS.please attach a role of access your oss to ECS service account.',
    )
  const { object, source, sizeGb } = sourceOf(call)
  const boot = bootOf(call)
  const name = input.text('ImageName') ?? newId('image', region)
  checkName(call, region, name)
  const tags = input.tags()
  const { file, failure } = await unpack(world, object, sizeGb)
  const readyAt = importedAt(now)
  const common = { region, createdAt: now, readyAt, sizeGb, tags }
  const snapshot = {
    id: newId('s', region),
    name: `SnapshotForImage-${name}`,
    ...common,
    diskId: '',
    file,
    encrypted: false,
  }
  const id = newId('t', region)
  const description = input.text('Description')
  const image: ImageRecord = {
    ...{ id: newId('m', region), name, ...common, owner: 'self', ...boot, snapshotId: snapshot.id, sharedWith: [] },
    ...{ importedBy: id, ...(description && { description }) },
  }
  records.snapshots[snapshot.id] = snapshot
  records.images[image.id] = image
  records.imports[id] = {
    ...{ id, region, imageId: image.id, source, createdAt: now, readyAt },
    ...(failure !== undefined && { failure: { code: 'ImportImageFailed', message: failure } }),
  }
  return { ImageId: image.id, TaskId: id, RegionId: region }
}

function ownTask({ input, world, region }: Call): ImportRecord {
  const task = world.records.imports[input.need('TaskId')]
  if (task?.region === region) return task
  throw alibabaError('InvalidTaskId.NotFound', 'The specified task id is not found.')
}

function taskOutput(task: ImportRecord, now: number): Json {
  const status = taskStatus(task, now)
  return {
    ...{ TaskId: task.id, TaskStatus: status, TaskAction: 'ImportImage', ResourceId: task.imageId },
    ...{ CreationTime: timeOf(task.createdAt), SupportCancel: String(status === 'Processing') },
    FinishedTime: status === 'Processing' ? '' : timeOf(task.readyAt),
  }
}

/** Ends an import; what it had made is gone. */
async function cancel(call: Call): Promise<Json> {
  const { world, now } = call
  const task = ownTask(call)
  if (taskStatus(task, now) !== 'Processing')
    throw alibabaError('InvalidTaskStatus.NotSupported', 'The task cannot be canceled.')
  const { images, snapshots, imports } = world.records
  const snapshot = snapshots[images[task.imageId]?.snapshotId ?? '']
  delete images[task.imageId]
  delete imports[task.id]
  if (snapshot === undefined) return {}
  delete snapshots[snapshot.id]
  world.save()
  await world.disks.remove(snapshot.file)
  return {}
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage and what follows it (2026-11) */
export const importOperations: Operations = {
  ImportImage: {
    actions: ['ecs:ImportImage'],
    supports: [
      ...['ImageName', 'Description', 'Architecture', 'OSType', 'Platform', 'BootMode', 'Features.NvmeSupport'],
      ...['DiskDeviceMapping', 'Tag', 'ClientToken'],
    ],
    run: (call) => oncePerToken('ImportImage', call, () => start(call)),
  },
  DescribeTasks: {
    actions: ['ecs:DescribeTasks'],
    supports: [
      ...listParameters.filter((name) => name !== 'Tag'),
      'TaskIds',
      'ResourceIds',
      'TaskAction',
      'TaskStatus',
    ],
    reads: true,
    run: ({ input, world, region, now }) => {
      const ids = input.listed('TaskIds')
      const images = input.texts('ResourceIds')
      const status = input.text('TaskStatus')
      const found = Object.values(world.records.imports)
        .filter((task) => task.region === region && (input.text('TaskAction') ?? 'ImportImage') === 'ImportImage')
        .filter((task) => ids.length === 0 || ids.includes(task.id))
        .filter((task) => images.length === 0 || images.includes(task.imageId))
        .filter((task) => status === undefined || taskStatus(task, now) === status)
        .sort((a, b) => b.createdAt - a.createdAt)
      const number = input.number('PageNumber') ?? 1
      const size = input.number('PageSize') ?? 10
      const shown = found.slice((number - 1) * size, number * size)
      const counts = { PageNumber: number, PageSize: size, TotalCount: found.length, RegionId: region }
      return { ...counts, TaskSet: { Task: shown.map((task) => taskOutput(task, now)) } }
    },
  },
  DescribeTaskAttribute: {
    actions: ['ecs:DescribeTaskAttribute'],
    supports: ['TaskId'],
    reads: true,
    run: (call) => {
      const task = ownTask(call)
      const failed = taskStatus(task, call.now) === 'Failed'
      const { code = '', message = '' } = failed ? (task.failure ?? {}) : {}
      const one = { ErrorCode: code, ErrorMsg: message, OperationStatus: failed ? 'Failed' : 'Success' }
      return {
        ...taskOutput(task, call.now),
        ...{ TotalCount: 1, SuccessCount: failed ? 0 : 1, FailedCount: failed ? 1 : 0, RegionId: task.region },
        OperationProgressSet: { OperationProgress: [one] },
      }
    },
  },
  CancelTask: { actions: ['ecs:CancelTask'], supports: ['TaskId'], run: cancel },
}
