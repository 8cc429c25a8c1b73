import { randomBytes } from 'node:crypto'
import { messageOf } from '../../core/error.ts'
import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import { findObject } from './buckets.ts'
import type { Call, Operations } from './call.ts'
import { diskOfObject } from './disk-of-object.ts'
import { type Filters, filtered } from './filters.ts'
import { checkImportRole } from './iam.ts'
import { encryption } from './kms.ts'
import type { ImportRecord, ObjectRecord } from './records.ts'
import { addSnapshot, releaseFile } from './snapshots.ts'
import { durationsMs } from './states.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'
import { oncePerToken } from './tokens.ts'

const kind = 'import-snapshot-task'

async function importSnapshot(call: Call): Promise<ImportRecord> {
  const { input } = call
  checkTagKinds(input, [kind])
  const container = input.one('DiskContainer')
  const from = container?.one('UserBucket')
  if (container === undefined || from === undefined)
    throw awsError('MissingParameter', 'The request must contain the parameter DiskContainer.UserBucket')
  const format = (container.text('Format') ?? '').toUpperCase()
  if (!['RAW', 'VHD', 'VMDK'].includes(format))
    throw awsError('InvalidParameter', `The disk container format '${format}' is not supported.`)
  if (format === 'VHD') throw notImplemented(`importing disks in the format ${format}`)
  checkImportRole(call, input.text('RoleName') ?? 'vmimport')
  const bucket = from.need('S3Bucket')
  const key = from.need('S3Key')
  const object = findObject(call, bucket, key)
  const id = `import-snap-${randomBytes(8).toString('hex')}0`
  const task: ImportRecord = {
    id,
    ...(await imported(call, object, format, `Created by AWS-VMImport service for ${bucket}/${key}`)),
    description: input.text('Description') ?? '',
    source: { bucket, key, bytes: object.bytes },
    format,
    completedAt: call.now + durationsMs.import,
    tags: requestedTags(input, kind),
  }
  call.here.imports = { ...call.here.imports, [id]: task }
  return task
}

/** The snapshot, or why there is none. */
async function imported(
  call: Call,
  object: ObjectRecord,
  format: string,
  description: string,
): Promise<Pick<ImportRecord, 'snapshotId' | 'failure'>> {
  const { input } = call
  const sealed = encryption(call, input.flag('Encrypted'), input.text('KmsKeyId'))
  let disk: Awaited<ReturnType<typeof diskOfObject>>
  try {
    disk = await diskOfObject(call, object, format)
  } catch (error) {
    return { failure: `ClientError: Disk validation failed [${messageOf(error)}]` }
  }
  const durationMs = durationsMs.import
  const { id } = addSnapshot(call, { ...disk, volumeId: 'vol-ffffffff', description, ...sealed, durationMs, tags: {} })
  return { snapshotId: id }
}

function stateOf(task: ImportRecord, now: number): 'active' | 'completed' | 'deleted' {
  if (now < task.completedAt) return 'active'
  return task.failure === undefined ? 'completed' : 'deleted'
}

function detailOf(task: ImportRecord, now: number): Output {
  const state = stateOf(task, now)
  return {
    Description: task.description,
    DiskImageSize: task.source.bytes,
    Format: task.format,
    // The task names its snapshot only when it is done.
    SnapshotId: state === 'completed' ? task.snapshotId : undefined,
    Status: state,
    Progress: state === 'active' ? '19' : undefined,
    StatusMessage: state === 'active' ? 'pending' : task.failure,
    UserBucket: { S3Bucket: task.source.bucket, S3Key: task.source.key },
  }
}

function taskOutput(task: ImportRecord, now: number): Output {
  return {
    ImportTaskId: task.id,
    Description: task.description,
    SnapshotTaskDetail: detailOf(task, now),
    Tags: tagList(task.tags),
  }
}

function findTask(call: Call, id: string): ImportRecord {
  const all = call.here.imports ?? {}
  const task = Object.hasOwn(all, id) ? all[id] : undefined
  if (task === undefined)
    throw awsError('InvalidConversionTaskId.Malformed', `The import task ID '${id}' does not exist`)
  return task
}

/** Ends a task that is at work, and removes what it has made. */
async function cancel(call: Call): Promise<Output> {
  const task = findTask(call, call.input.need('ImportTaskId'))
  const state = stateOf(task, call.now)
  if (state !== 'active')
    throw awsError('IncorrectState', `The import task ${task.id} is ${state}, and cannot be cancelled`)
  const { snapshotId = '', ...rest } = task
  const snapshot = call.here.snapshots[snapshotId]
  delete call.here.snapshots[snapshotId]
  call.here.imports = { ...call.here.imports, [task.id]: { ...rest, failure: 'cancelled', completedAt: call.now } }
  if (snapshot !== undefined) await releaseFile(call, snapshot.file)
  return { ImportTaskId: task.id, PreviousState: 'active', State: 'deleting' }
}

const taskFilters: Filters<ImportRecord> = {
  'task-state': (task, call) => stateOf(task, call.now),
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html (2026-11) */
export const importSnapshotOperations: Operations = {
  ImportSnapshot: {
    supports: [
      'ClientToken',
      'Description',
      'DiskContainer.Description',
      'DiskContainer.Format',
      'DiskContainer.UserBucket',
      'Encrypted',
      'KmsKeyId',
      'RoleName',
      'TagSpecifications',
    ],
    creates: [kind],
    run: async (call) => {
      const id = await oncePerToken(call, async (remember) => {
        const task = await importSnapshot(call)
        remember(task.id)
        return task.id
      })
      const task = call.here.imports?.[id]
      if (task === undefined) throw awsError('InternalError', `The task ${id} is gone.`)
      return taskOutput(task, call.now)
    },
  },
  DescribeImportSnapshotTasks: {
    supports: ['ImportTaskIds', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const ids = call.input.texts('ImportTaskIds')
      const all = ids.length === 0 ? Object.values(call.here.imports ?? {}) : ids.map((id) => findTask(call, id))
      const { items, next } = filtered(call, all, taskFilters)
      return { ImportSnapshotTasks: items.map((task) => taskOutput(task, call.now)), NextToken: next }
    },
  },
  CancelImportTask: { supports: ['ImportTaskId', 'CancelReason'], run: cancel },
}
