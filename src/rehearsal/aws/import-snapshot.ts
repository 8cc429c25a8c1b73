import { randomBytes } from 'node:crypto'
import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import { diskOfObject, findObject } from './buckets.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { encryption } from './kms.ts'
import type { ImportRecord } from './records.ts'
import { addSnapshot } from './snapshots.ts'
import { durationsMs } from './states.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'
import { oncePerToken } from './tokens.ts'

const kind = 'import-snapshot-task'
const bytesPerGiB = 1024 ** 3

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
  if (format !== 'RAW') throw notImplemented(`importing disks in the format ${format}`)
  const bucket = from.need('S3Bucket')
  const key = from.need('S3Key')
  const object = findObject(call, bucket, key)
  const sizeGiB = Math.max(1, Math.ceil(object.bytes / bytesPerGiB))
  const snapshot = addSnapshot(call, {
    file: await diskOfObject(call, object, sizeGiB),
    sizeGiB,
    volumeId: 'vol-ffffffff',
    description: `Created by AWS-VMImport service for ${bucket}/${key}`,
    ...encryption(call, input.flag('Encrypted'), input.text('KmsKeyId')),
    durationMs: durationsMs.import,
    tags: {},
  })
  const id = `import-snap-${randomBytes(8).toString('hex')}0`
  const task: ImportRecord = {
    id,
    snapshotId: snapshot.id,
    description: input.text('Description') ?? '',
    source: { bucket, key, bytes: object.bytes },
    format,
    completedAt: call.now + durationsMs.import,
    tags: requestedTags(input, kind),
  }
  call.here.imports = { ...call.here.imports, [id]: task }
  return task
}

function stateOf(task: ImportRecord, now: number): 'active' | 'completed' {
  return now < task.completedAt ? 'active' : 'completed'
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
    Progress: state === 'completed' ? undefined : '19',
    StatusMessage: state === 'completed' ? undefined : 'pending',
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
      const all = call.here.imports ?? {}
      const unknown = ids.find((id) => !Object.hasOwn(all, id))
      if (unknown !== undefined)
        throw awsError('InvalidConversionTaskId.Malformed', `The import task ID '${unknown}' does not exist`)
      const asked = Object.values(all).filter(({ id }) => ids.length === 0 || ids.includes(id))
      const { items, next } = filtered(call, asked, taskFilters)
      return { ImportSnapshotTasks: items.map((task) => taskOutput(task, call.now)), NextToken: next }
    },
  },
}
