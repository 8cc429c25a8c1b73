import type { Bytes, Disk, Extent } from './disk.ts'
import { grown } from './grown.ts'
import { fixed, joined, type Section } from './joined.ts'
import { qcow2Magic } from './qcow2-header.ts'
import { alignRuns, bytesIn, firstEndingAfter } from './runs.ts'

const clusterBits = 16
const cluster = 1 << clusterBits
/** Entries of 8 bytes in a cluster, and of 2 bytes in one that counts references. */
const entries = cluster / 8
const counts = cluster / 2
const headerBytes = 104
/** "Used once": the cluster may be written in place. */
const copied = 1n << 63n

/**
 * The disk as a qcow2 file of version 3, uncompressed: a cluster of 64 KiB for each that an extent touches. Any part of
 * it can be read without another, so that an upload goes on where it stopped; no file is made of it. The size is
 * rounded up to whole sectors of 512 bytes.
 * https://www.qemu.org/docs/master/interop/qcow2.html (2026-11)
 */
export function asQcow2(disk: Disk): Bytes {
  const source = grown(disk, 512)
  const runs = alignRuns(source.extents, cluster, Math.ceil(source.sizeBytes / cluster) * cluster)
  const plan = planOf(source.sizeBytes, runs)
  const whole = grown(source, cluster)
  const data = runs.map(
    ({ offset, length }): Section => ({ length, read: (within, into) => whole.read(offset + within, into) }),
  )
  const upper = Math.max(1, Math.ceil((plan.l1Entries * 8) / cluster))
  return joined(
    [
      fixed(headerOf(source.sizeBytes, plan)),
      clusters(plan.countTables, (index) => countTable(index, plan)),
      clusters(plan.countBlocks, (index) => countBlock(index, plan)),
      clusters(upper, (index) => l1Cluster(index, plan)),
      clusters(plan.tables.length, (index) => l2Table(index, plan)),
      ...data,
    ],
    () => disk.close(),
  )
}

/** Where everything is. Numbers of clusters, unless they say otherwise. */
interface Plan {
  readonly total: number
  readonly countTables: number
  readonly countBlocks: number
  readonly l1Entries: number
  /** The L1 entries that have a table, in order. */
  readonly tables: readonly number[]
  readonly firstTable: number
  readonly firstData: number
  /** In bytes of the disk. */
  readonly runs: readonly Extent[]
  /** Bytes of data before each run. */
  readonly before: Float64Array
}

function planOf(sizeBytes: number, runs: readonly Extent[]): Plan {
  const span = cluster * entries
  const tables: number[] = []
  const before = new Float64Array(runs.length)
  let sum = 0
  for (const [index, { offset, length }] of runs.entries()) {
    before[index] = sum
    sum += length
    const last = Math.floor((offset + length - 1) / span)
    for (let table = Math.floor(offset / span); table <= last; table += 1)
      if (tables.at(-1) !== table) tables.push(table)
  }
  const l1Entries = Math.ceil(sizeBytes / span)
  const others = 1 + Math.max(1, Math.ceil((l1Entries * 8) / cluster)) + tables.length + bytesIn(runs) / cluster
  // The counts count their own clusters, too.
  let countTables = 1
  let countBlocks = 1
  while (countBlocks * counts < others + countTables + countBlocks) {
    countBlocks += 1
    countTables = Math.ceil((countBlocks * 8) / cluster)
  }
  const firstData = others - bytesIn(runs) / cluster + countTables + countBlocks
  const total = others + countTables + countBlocks
  const firstTable = firstData - tables.length
  return { total, countTables, countBlocks, l1Entries, tables, firstTable, firstData, runs, before }
}

/** A section of so many clusters, each made when it is read. */
function clusters(count: number, make: (index: number) => Buffer): Section {
  return {
    length: count * cluster,
    read: async (offset, into) => {
      for (let done = 0; done < into.length; ) {
        const within = (offset + done) % cluster
        const length = Math.min(cluster - within, into.length - done)
        into.set(make((offset + done - within) / cluster).subarray(within, within + length), done)
        done += length
      }
    },
  }
}

function headerOf(sizeBytes: number, { countTables, countBlocks, l1Entries }: Plan): Buffer {
  const header = Buffer.alloc(cluster)
  header.writeUInt32BE(qcow2Magic, 0)
  header.writeUInt32BE(3, 4)
  header.writeUInt32BE(clusterBits, 20)
  header.writeBigUInt64BE(BigInt(sizeBytes), 24)
  header.writeUInt32BE(l1Entries, 36)
  header.writeBigUInt64BE(BigInt((1 + countTables + countBlocks) * cluster), 40)
  header.writeBigUInt64BE(BigInt(cluster), 48)
  header.writeUInt32BE(countTables, 56)
  header.writeUInt32BE(4, 96)
  header.writeUInt32BE(headerBytes, 100)
  return header
}

function countTable(index: number, { countTables, countBlocks }: Plan): Buffer {
  const table = Buffer.alloc(cluster)
  for (let at = 0; at < entries && index * entries + at < countBlocks; at += 1) {
    table.writeBigUInt64BE(BigInt((1 + countTables + index * entries + at) * cluster), at * 8)
  }
  return table
}

function countBlock(index: number, { total }: Plan): Buffer {
  const block = Buffer.alloc(cluster)
  for (let at = 0; at < counts && index * counts + at < total; at += 1) block.writeUInt16BE(1, at * 2)
  return block
}

function l1Cluster(index: number, { tables, firstTable }: Plan): Buffer {
  const table = Buffer.alloc(cluster)
  for (const [number, entry] of tables.entries()) {
    const at = entry - index * entries
    if (at >= 0 && at < entries) table.writeBigUInt64BE(BigInt((firstTable + number) * cluster) | copied, at * 8)
  }
  return table
}

function l2Table(index: number, { tables, firstData, runs, before }: Plan): Buffer {
  const table = Buffer.alloc(cluster)
  const begin = (tables[index] ?? 0) * entries * cluster
  const end = begin + entries * cluster
  for (let number = firstEndingAfter(runs, begin); number < runs.length; number += 1) {
    const run = runs[number]
    if (run === undefined || run.offset >= end) break
    const from = Math.max(run.offset, begin)
    const to = Math.min(run.offset + run.length, end)
    const shift = firstData * cluster + (before[number] ?? 0) - run.offset
    for (let at = from; at < to; at += cluster) {
      table.writeBigUInt64BE(BigInt(at + shift) | copied, ((at - begin) / cluster) * 8)
    }
  }
  return table
}
