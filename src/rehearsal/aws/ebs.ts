import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Output } from './answer.ts'
import { type AwsError, awsError } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { allSnapshots } from './find.ts'
import { encryption } from './kms.ts'
import type { SnapshotRecord } from './records.ts'
import { account } from './signature.ts'
import {
  beginBlocks,
  blockBytes,
  blockListOf,
  blocksHeld,
  blocksPerGiB,
  blocksPut,
  putBlock,
  readBlock,
  sumOfBlocks,
} from './snapshot-blocks.ts'
import { addSnapshot } from './snapshots.ts'
import { durationsMs, snapshotState } from './states.ts'
import { tagList, topLevelTags } from './tags.ts'
import { oncePerToken } from './tokens.ts'

function invalid(reason: string, message: string): AwsError {
  return awsError('ValidationException', message, reason)
}

function ownSnapshot(call: Call): SnapshotRecord {
  const id = call.input.need('SnapshotId')
  const snapshot = call.here.snapshots[id]
  if (snapshot !== undefined) return snapshot
  if (allSnapshots(call).some((each) => each.id === id))
    throw awsError('AccessDeniedException', `The snapshot '${id}' is not owned by account ${account}.`)
  throw awsError('ResourceNotFoundException', `The snapshot '${id}' does not exist.`)
}

/** A snapshot that still takes blocks. */
function openSnapshot(call: Call): SnapshotRecord & { upload: NonNullable<SnapshotRecord['upload']> } {
  const snapshot = ownSnapshot(call)
  const { state } = snapshotState(snapshot, call.now)
  const { upload } = snapshot
  if (upload === undefined || state !== 'pending')
    throw invalid('INVALID_SNAPSHOT_ID', `The snapshot '${snapshot.id}' is not in the 'pending' state, but '${state}'.`)
  return Object.assign(snapshot, { upload })
}

/** A snapshot whose blocks can be read: completed, and not public. */
function readableSnapshot(call: Call): SnapshotRecord {
  const snapshot = ownSnapshot(call)
  if (snapshot.permissions.some((each) => each.Group === 'all'))
    throw invalid('INVALID_SNAPSHOT_ID', `The snapshot '${snapshot.id}' is public.`)
  const { state } = snapshotState(snapshot, call.now)
  if (state !== 'completed')
    throw invalid(
      'INVALID_SNAPSHOT_ID',
      `The snapshot '${snapshot.id}' is not in the 'completed' state, but '${state}'.`,
    )
  return snapshot
}

function blockOf(call: Call, snapshot: SnapshotRecord): number {
  const index = call.input.number('BlockIndex') ?? 0
  const blocks = snapshot.sizeGiB * blocksPerGiB
  if (index >= blocks)
    throw invalid(
      'INVALID_BLOCK',
      `Block ${index} is beyond the volume of ${snapshot.sizeGiB} GiB: it has ${blocks} blocks.`,
    )
  return index
}

/** Refuses a checksum that is not the one of what came. */
function checkSum(call: Call, sum: Buffer, what: string): string {
  const actual = sum.toString('base64')
  const given = call.input.text('Checksum')
  if (given !== undefined && given !== actual)
    throw invalid('INVALID_PARAMETER_VALUE', `The checksum ${given} is not the SHA256 of ${what}: that is ${actual}.`)
  return actual
}

/**
 * What becomes of encryption without a parent snapshot.
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-encryption.html (2026-11)
 */
function sealing(call: Call): ReturnType<typeof encryption> {
  const asked = call.input.flag('Encrypted')
  const key = call.input.text('KmsKeyArn')
  if (key !== undefined && asked !== true)
    throw invalid('INVALID_PARAMETER_VALUE', 'KmsKeyArn can be specified only if Encrypted is true.')
  if (asked === false && call.here.encryptsByDefault)
    throw invalid('INVALID_PARAMETER_VALUE', 'Encrypted cannot be false: EBS encryption by default is enabled.')
  return encryption(call, asked, key)
}

const largestGiB = 65536

async function startSnapshot(call: Call): Promise<SnapshotRecord> {
  const { input } = call
  const sizeGiB = input.number('VolumeSize') ?? 0
  if (sizeGiB > largestGiB)
    throw invalid('INVALID_VOLUME_SIZE', `VolumeSize ${sizeGiB} is more than ${largestGiB} GiB.`)
  const tags = topLevelTags(input, (message) => invalid('INVALID_TAG', message))
  const sealed = sealing(call)
  const file = await call.world.disks.blank(sizeGiB)
  beginBlocks(await call.world.disks.path(file))
  return addSnapshot(call, {
    file,
    sizeGiB,
    volumeId: 'vol-ffffffff',
    description: input.text('Description') ?? '',
    ...sealed,
    upload: { timeoutMs: (input.number('Timeout') ?? 60) * 60_000, lastBlockAt: call.now },
    tags,
  })
}

function tokenOf(snapshot: SnapshotRecord, index: number): string {
  return Buffer.from(`${snapshot.id} ${index}`).toString('base64')
}

const tokensLastMs = 7 * 24 * 3_600_000

async function listBlocks(call: Call): Promise<Output> {
  const { input } = call
  const snapshot = readableSnapshot(call)
  const disk = await call.world.disks.path(snapshot.file)
  const token = input.text('NextToken')
  const [, next] = /^page ([0-9]+)$/.exec(Buffer.from(token ?? '', 'base64').toString()) ?? []
  if (token !== undefined && next === undefined) throw invalid('INVALID_PAGE_TOKEN', 'The page token is not valid.')
  const start = Number(next ?? input.number('StartingBlockIndex') ?? 0)
  const size = input.number('MaxResults') ?? 10_000
  const found = (existsSync(blockListOf(disk)) ? blocksPut : blocksHeld)(disk, start, size + 1)
  const more = found[size]
  return {
    Blocks: found.slice(0, size).map((index) => ({ BlockIndex: index, BlockToken: tokenOf(snapshot, index) })),
    ExpiryTime: call.now + tokensLastMs,
    VolumeSize: snapshot.sizeGiB,
    BlockSize: blockBytes,
    NextToken: more === undefined ? undefined : Buffer.from(`page ${more}`).toString('base64'),
  }
}

/** https://docs.aws.amazon.com/ebs/latest/APIReference/ (2026-11) */
export const ebsOperations: Operations = {
  StartSnapshot: {
    supports: ['VolumeSize', 'Tags', 'Description', 'ClientToken', 'Encrypted', 'KmsKeyArn', 'Timeout'],
    creates: ['snapshot'],
    run: async (call) => {
      const id = await oncePerToken(
        call,
        async (remember) => {
          const { id } = await startSnapshot(call)
          remember(id)
          return id
        },
        awsError('ConflictException', 'The client token was used before, with other parameters.'),
      )
      const snapshot = ownSnapshot({ ...call, input: { ...call.input, need: () => id } })
      return {
        SnapshotId: snapshot.id,
        OwnerId: snapshot.owner,
        Status: snapshotState(snapshot, call.now).state,
        StartTime: snapshot.startedAt,
        VolumeSize: snapshot.sizeGiB,
        BlockSize: blockBytes,
        Description: snapshot.description === '' ? undefined : snapshot.description,
        Tags: tagList(snapshot.tags),
        KmsKeyArn: snapshot.kmsKeyId,
        SseType: snapshot.encrypted ? 'sse-kms' : 'none',
      }
    },
  },
  PutSnapshotBlock: {
    supports: ['SnapshotId', 'BlockIndex', 'DataLength', 'Progress', 'Checksum', 'ChecksumAlgorithm'],
    movesBytes: true,
    run: async (call) => {
      const { bytes } = call.payload
      const length = call.input.number('DataLength')
      if (length !== blockBytes)
        throw invalid('INVALID_BLOCK', `DataLength is ${length}, and only ${blockBytes} is supported.`)
      if (bytes.length !== length)
        throw invalid('INVALID_BLOCK', `DataLength is ${length}, and ${bytes.length} bytes came.`)
      const disk = await call.world.disks.path(ownSnapshot(call).file)
      const digest = call.payload.sha256()
      const Checksum = checkSum(call, digest, 'the block')
      // From here on nothing else runs: a snapshot that is being completed takes no further block.
      const snapshot = openSnapshot(call)
      putBlock(disk, blockOf(call, snapshot), bytes, digest)
      snapshot.upload.lastBlockAt = call.now
      snapshot.upload.progress = call.input.number('Progress') ?? snapshot.upload.progress ?? 0
      return { Checksum, ChecksumAlgorithm: 'SHA256' }
    },
  },
  CompleteSnapshot: {
    supports: ['SnapshotId', 'ChangedBlocksCount', 'Checksum', 'ChecksumAlgorithm', 'ChecksumAggregationMethod'],
    run: async (call) => {
      const disk = await call.world.disks.path(ownSnapshot(call).file)
      const snapshot: SnapshotRecord = openSnapshot(call)
      const { count, digest } = sumOfBlocks(disk)
      const claimed = call.input.number('ChangedBlocksCount')
      if (claimed !== count)
        throw invalid('INVALID_PARAMETER_VALUE', `ChangedBlocksCount is ${claimed}, and ${count} blocks were written.`)
      checkSum(call, digest, "the blocks' own checksums in their order")
      delete snapshot.upload
      snapshot.completedAt = call.now + durationsMs.snapshot
      return { Status: 'pending' }
    },
  },
  ListSnapshotBlocks: {
    supports: ['SnapshotId', 'NextToken', 'MaxResults', 'StartingBlockIndex'],
    run: listBlocks,
  },
  GetSnapshotBlock: {
    supports: ['SnapshotId', 'BlockIndex', 'BlockToken'],
    movesBytes: true,
    run: async (call) => {
      const snapshot = readableSnapshot(call)
      const index = blockOf(call, snapshot)
      if (call.input.text('BlockToken') !== tokenOf(snapshot, index))
        throw invalid('INVALID_BLOCK_TOKEN', `The token is not the one of block ${index} of '${snapshot.id}'.`)
      const block = readBlock(await call.world.disks.path(snapshot.file), index)
      return {
        DataLength: blockBytes,
        BlockData: block,
        Checksum: hash('sha256', block, 'base64'),
        ChecksumAlgorithm: 'SHA256',
      }
    },
  },
}
