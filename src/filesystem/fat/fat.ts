import { SindriError } from '../../core/error.ts'
import type { Region } from '../region.ts'
import type { Entry, Node, Volume } from '../volume.ts'
import { readBootSector } from './boot-sector.ts'
import { openChains, usedClusters } from './chains.ts'
import { type FatEntry, fatEntries } from './directory.ts'

/** The specification allows no longer directory. */
const mostDirectoryBytes = 65_536 * 32
/** A longer table, that of 128 GiB or more, is not counted through. */
const countedTable = 2 ** 25

/**
 * The FAT12, FAT16 or FAT32 file system of a region. Everything belongs to root, and has the permissions that Linux
 * gives it when it is told nothing.
 * @throws SindriError `failed` when its boot sector is broken
 */
export async function openFat(region: Region): Promise<Volume> {
  const layout = await readBootSector(region)
  const chains = openChains(region, layout)
  const { clusterBytes } = layout

  async function* pieces(cluster: number): AsyncGenerator<readonly [Buffer, number]> {
    if (cluster === 0 && layout.rootBytes > 0) {
      yield [await region.bytes(layout.rootOffset, layout.rootBytes), layout.rootOffset]
      return
    }
    let total = 0
    for await (const number of chains.clusters(cluster)) {
      total += clusterBytes
      if (total > mostDirectoryBytes + clusterBytes) {
        throw new SindriError('failed', `the directory at cluster ${cluster} has more than ${mostDirectoryBytes} bytes`)
      }
      yield [await region.bytes(chains.offsetOf(number), clusterBytes), chains.offsetOf(number)]
    }
  }

  async function* entries(cluster: number): AsyncGenerator<Entry> {
    const read = fatEntries()
    for await (const [bytes, place] of pieces(cluster)) {
      const found = read(bytes, place)
      for (const entry of found.entries) {
        if (entry.name !== '.' && entry.name !== '..' && entry.name !== '') {
          yield { name: entry.name, open: async () => node(entry) }
        }
      }
      if (found.end) return
    }
  }

  function node(entry: FatEntry): Node {
    const { directory, cluster, modified, created, readOnly } = entry
    const what = directory ? 'directory' : 'file'
    // An empty file has no cluster, and is told by where its entry stands; a directory by its cluster, so that a loop shows.
    const id = directory ? `cluster ${cluster}` : `entry ${entry.place}`
    const sizeBytes = directory ? 0 : entry.sizeBytes
    let known: Promise<readonly number[]> | undefined
    return {
      id,
      kind: what,
      mode: readOnly ? 0o555 : 0o755,
      uid: 0,
      gid: 0,
      sizeBytes,
      links: 1,
      times: { modified, created },
      async *entries() {
        if (!directory) throw new SindriError('failed', `${entry.name} is no directory`)
        yield* entries(cluster)
      },
      async target() {
        throw new SindriError('failed', `${entry.name} is no symlink`)
      },
      async read(offset, into) {
        if (directory) throw new SindriError('failed', `${entry.name} is no file`)
        known ??= starts(cluster, sizeBytes)
        return readClusters(await known, sizeBytes, offset, into)
      },
      attributes: async () => new Map(),
    }
  }

  async function starts(first: number, sizeBytes: number): Promise<readonly number[]> {
    const wanted = Math.ceil(sizeBytes / clusterBytes)
    const found: number[] = []
    if (wanted === 0) return found
    for await (const cluster of chains.clusters(first)) {
      found.push(cluster)
      if (found.length === wanted) return found
    }
    const message = `a file of ${sizeBytes} bytes has ${found.length} clusters of ${clusterBytes} bytes`
    throw new SindriError('failed', message)
  }

  /** Clusters that stand side by side are read at once. */
  async function readClusters(
    clusters: readonly number[],
    sizeBytes: number,
    offset: number,
    into: Uint8Array,
  ): Promise<number> {
    const length = Math.max(0, Math.min(into.length, sizeBytes - offset))
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / clusterBytes)
      const inside = (offset + done) % clusterBytes
      const cluster = clusters[index] ?? 0
      let count = 1
      while (clusters[index + count] === cluster + count && count * clusterBytes - inside < length - done) count++
      const take = Math.min(length - done, count * clusterBytes - inside)
      await region.fill(chains.offsetOf(cluster) + inside, into.subarray(done, done + take))
      done += take
    }
    return length
  }

  const counted = layout.fatBytes <= countedTable
  return {
    type: `fat${layout.bits}`,
    label: layout.label === 'NO NAME' ? '' : layout.label,
    uuid: layout.id,
    foldsCase: true,
    sizeBytes: layout.dataOffset + layout.clusters * clusterBytes,
    usedBytes: counted ? layout.dataOffset + (await usedClusters(region, layout)) * clusterBytes : undefined,
    findings: [],
    async root() {
      const root = { name: '/', directory: true, readOnly: false, sizeBytes: 0, modified: 0, created: 0, place: 0 }
      return node({ ...root, cluster: layout.rootCluster })
    },
  }
}
