/**
 * One piece of work with a disk, alone in a process, so that its processor time and memory are its own.
 * usage: node bench/transfer-worker.ts <work> <disk> [<url of an EBS>]; prints one line of JSON
 */
import { createHash } from 'node:crypto'
import { EBSClient, PutSnapshotBlockCommand } from '@aws-sdk/client-ebs'
import { openBlocks } from '../src/clouds/aws/api-blocks.ts'
import { blockBytes } from '../src/clouds/aws/disk-port.ts'
import { ebsSink } from '../src/clouds/aws/ebs-sink.ts'
import type { PageRange } from '../src/clouds/azure/disk-port.ts'
import { pageSink } from '../src/clouds/azure/page-sink.ts'
import { systemClock } from '../src/core/clock.ts'
import type { PartSink, Sink, StreamSink } from '../src/core/sink.ts'
import type { Disk } from '../src/disk/disk.ts'
import { openDisk } from '../src/disk/open-disk.ts'
import { bytesIn, runsWithin } from '../src/disk/runs.ts'
import { tarGzOf } from '../src/disk/write-tar-gz.ts'
import { sender } from '../src/transfer/send.ts'
import { sendTogether } from '../src/transfer/send-together.ts'

/** What a worker tells. Absent is what its work does not count. */
export interface Work {
  readonly processorSeconds: number
  readonly peakMiB: number
  readonly seconds: number
  readonly extentBytes: number
  readonly readBytes?: number
  /** To EBS. */
  readonly sentBytes?: number
  /** To Azure. */
  readonly pageBytes?: number
  readonly packedBytes?: number
}

const [work = '', file = '', url = ''] = process.argv.slice(2)
const opened = await openDisk(file)
const extentBytes = bytesIn(opened.extents)
let readBytes = 0
let packedBytes = 0
let sentBytes = 0
let pageBytes = 0
/** Counts what is read where there is something. */
const disk: Disk = {
  ...opened,
  async read(offset, into) {
    readBytes += bytesIn(runsWithin(opened.extents, offset, offset + into.length))
    await opened.read(offset, into)
  },
}
/** What the disk holds, six times over, in memory: sending it costs what it costs with any disk. */
async function resident(): Promise<Disk> {
  const held = Buffer.alloc(Math.floor(extentBytes / blockBytes) * blockBytes)
  let at = 0
  for (const { offset, length } of opened.extents) {
    const part = held.subarray(at, Math.min(at + length, held.length))
    if (part.length > 0) await opened.read(offset, part)
    at += part.length
  }
  const sizeBytes = 6 * held.length
  return {
    ...{ ...opened, sizeBytes, extents: [{ offset: 0, length: sizeBytes }] },
    read: async (offset, into) => {
      const from = offset % held.length
      into.set(held.subarray(from, from + into.length))
    },
  }
}

const running = { clock: systemClock, signal: new AbortController().signal, emit: () => undefined }
const record = { read: async () => new Set<number>(), write: async () => undefined }
const key = { accessKeyId: 'bench', secretAccessKey: 'bench' }

const source = work.startsWith('ebs') ? await resident() : disk
const before = process.cpuUsage()
const began = performance.now()
if (work === 'pack') for await (const piece of tarGzOf(disk)) packedBytes += piece.length
else if (work === 'together') await together([blocks(), pages(), packed()])
else if (work === 'blocks') await together([blocks()])
else if (work === 'ebs') await ebs()
else if (work === 'ebs-sdk') await ebsByTheSdk()
else if (work === 'snapshot') await snapshot()
else throw new Error(`unknown work: ${work}`)
const seconds = (performance.now() - began) / 1000
const { user, system } = process.cpuUsage(before)
const peakMiB = process.resourceUsage().maxRSS / 1024
const counted = { processorSeconds: (user + system) / 1e6, peakMiB, seconds, extentBytes }
console.log(JSON.stringify({ ...counted, readBytes, sentBytes, pageBytes, packedBytes } satisfies Work))

async function together(sinks: readonly Sink[]): Promise<void> {
  const ids = sinks.map((_, index) => String(index))
  const { fill } = sendTogether(ids, { ...running, disk })
  await Promise.all(sinks.map((sink, index) => fill(String(index), sink, record)))
}

/** Blocks as EBS takes them, each hashed. */
function blocks(): PartSink {
  return {
    ...{ kind: 'parts', format: 'raw', partBytes: () => blockBytes, zeros: 'skip', stored: async () => new Set() },
    async put(_, bytes) {
      createHash('sha256').update(bytes).digest()
      sentBytes += bytes.length
      return bytes.length
    },
    finish: async () => undefined,
  }
}

/** Pages as Azure takes them, each request with its MD5. */
function pages(): PartSink {
  const ranges: PageRange[] = []
  const nothing = async (): Promise<void> => undefined
  const blobs = {
    ...{ create: nothing, setMetadata: nothing, remove: nothing, metadata: async () => ({}), list: async () => [] },
    ranges: async () => ranges.toSorted((a, b) => a.offset - b.offset),
    async putPages(_: unknown, offset: number, bytes: Uint8Array) {
      createHash('md5').update(bytes).digest()
      pageBytes += bytes.length
      ranges.push({ offset, length: bytes.length })
    },
  }
  return pageSink(blobs, { account: 'bench', container: 'bench', name: 'disk.vhd' }, nothing)
}

/** The packed file as Google Cloud takes it. */
function packed(): StreamSink {
  return {
    ...{ kind: 'stream', format: 'tar.gz' },
    async write(open) {
      for await (const piece of open()) packedBytes += piece.length
      return packedBytes
    },
  }
}

/** Our own upload to an EBS. */
async function ebs(): Promise<void> {
  const { put } = openBlocks('us-east-1', new EBSClient({ region: 'us-east-1', credentials: key }), url)
  const sink: PartSink = {
    ...blocks(),
    async put(index, bytes) {
      await put('snap-1', index, whole(bytes), createHash('sha256').update(whole(bytes)).digest('base64'))
      sentBytes += bytes.length
      return bytes.length
    },
  }
  await sender({ ...running, disk: source })('snapshot', sink, record)
}

/** The same by the SDK's client, as many at a time. */
async function ebsByTheSdk(): Promise<void> {
  const client = new EBSClient({ region: 'us-east-1', endpoint: url, credentials: key })
  const sink: PartSink = {
    ...blocks(),
    async put(index, bytes) {
      const block = whole(bytes)
      await client.send(
        new PutSnapshotBlockCommand({
          ...{ SnapshotId: 'snap-1', BlockIndex: index, BlockData: block, DataLength: block.length },
          ...{ ChecksumAlgorithm: 'SHA256', Checksum: createHash('sha256').update(block).digest('base64') },
        }),
      )
      sentBytes += bytes.length
      return bytes.length
    },
  }
  await sender({ ...running, disk: source })('snapshot', sink, record)
}

/** The whole of it, as a snapshot in the cloud that the environment names. */
async function snapshot(): Promise<void> {
  const region = 'us-east-1'
  // Loaded where it is used, as the CLI does: the memory of the other pieces of work is not to hold all of it.
  const { connectAwsDisk } = await import('../src/clouds/aws/disk-api.ts')
  const api = connectAwsDisk({ region, environment: process.env })
  const token = createHash('sha256').update(`${process.pid} ${Date.now()}`).digest('hex')
  const sizeGiB = Math.ceil(disk.sizeBytes / 2 ** 30)
  const id = await api.startSnapshot(region, { sizeGiB, description: 'bench', token, tags: {} })
  await sender({ ...running, disk })('snapshot', ebsSink(api, region, id), record)
}

function whole(bytes: Uint8Array): Uint8Array {
  if (bytes.length === blockBytes) return bytes
  const block = new Uint8Array(blockBytes)
  block.set(bytes)
  return block
}
