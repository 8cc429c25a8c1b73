import { SindriError } from '../../core/error.ts'
import type { Region } from '../region.ts'
import type { FatLayout } from './boot-sector.ts'

/** Follows chains of clusters through the file allocation table. */
export interface Chains {
  /**
   * The clusters of a chain, one after the other, at most as many as there are.
   * @throws SindriError `failed` when the chain is cyclic or leaves the table
   */
  clusters(first: number): AsyncGenerator<number>
  /** Where a cluster's bytes begin. */
  offsetOf(cluster: number): number
}

// The numbers from here on end a chain; the one before marks a bad cluster.
const ends = { 12: 0xff8, 16: 0xfff8, 32: 0x0fff_fff8 } as const

export function openChains(region: Region, layout: FatLayout): Chains {
  const { bits, fatOffset, clusters, dataOffset, clusterBytes } = layout

  async function next(cluster: number): Promise<number> {
    if (bits === 32) return (await region.bytes(fatOffset + cluster * 4, 4)).readUInt32LE(0) & 0x0fff_ffff
    if (bits === 16) return (await region.bytes(fatOffset + cluster * 2, 2)).readUInt16LE(0)
    const pair = (await region.bytes(fatOffset + cluster + (cluster >> 1), 2)).readUInt16LE(0)
    return cluster % 2 === 0 ? pair & 0xfff : pair >> 4
  }

  return {
    async *clusters(first) {
      let steps = 0
      for (let cluster = first; cluster < ends[bits]; cluster = await next(cluster)) {
        if (cluster < 2 || cluster > clusters + 1) throw broken(`a chain leads to cluster ${cluster}`)
        if (++steps > clusters) throw broken(`the chain from cluster ${first} has no end`)
        yield cluster
      }
    },
    offsetOf: (cluster) => dataOffset + (cluster - 2) * clusterBytes,
  }
}

/** How many clusters of the table are in use. */
export async function usedClusters(region: Region, layout: FatLayout): Promise<number> {
  const { bits, fatOffset, clusters } = layout
  const width = bits / 8
  // Twelve bits come in pairs of three bytes, which this is a multiple of.
  const step = 3 * 8192
  const end = Math.ceil((clusters + 2) * width)
  let used = 0
  for (let at = 0; at < end; at += step) {
    const bytes = Buffer.from(await region.bytes(fatOffset + at, Math.min(step, end - at)))
    const first = at / width
    for (let index = 0; index < bytes.length / width && first + index < clusters + 2; index++) {
      if (first + index >= 2 && !isFree(bytes, index, bits)) used++
    }
  }
  return used
}

function isFree(table: Buffer, index: number, bits: 12 | 16 | 32): boolean {
  if (bits === 32) return index * 4 + 4 > table.length || (table.readUInt32LE(index * 4) & 0x0fff_ffff) === 0
  if (bits === 16) return table.readUInt16LE(index * 2) === 0
  const at = index + (index >> 1)
  const low = table[at] ?? 0
  const high = table[at + 1] ?? 0
  return index % 2 === 0 ? low === 0 && (high & 0x0f) === 0 : (low & 0xf0) === 0 && high === 0
}

function broken(why: string): SindriError {
  return new SindriError('failed', `the file allocation table is broken: ${why}`)
}
