import { createHash } from 'node:crypto'
import { messageOf, SindriError } from '../../core/error.ts'
import type { PartSink } from '../../core/sink.ts'
import { isGone } from '../gone.ts'
import { type AwsDiskApi, blockBytes } from './disk-port.ts'

/**
 * The blocks of a pending snapshot. Zeros are left out: a block that was never put reads as zeros. EBS tells nobody which
 * blocks it has while a snapshot is pending, so only what was written down is known to be there.
 */
export function ebsSink(api: AwsDiskApi, region: string, snapshot: string): PartSink {
  const digests = new Map<number, Buffer>()
  return {
    kind: 'parts',
    format: 'raw',
    partBytes: () => blockBytes,
    zeros: 'skip',
    stored: async () => new Set(),
    async put(index, bytes, stored) {
      const block = bytes.length === blockBytes ? bytes : padded(bytes)
      const digest = createHash('sha256').update(block).digest()
      if (!stored) await seen(api.putBlock(region, snapshot, index, block, digest.toString('base64')))
      digests.set(index, digest)
      return stored ? 0 : bytes.length
    },
    async finish() {
      const whole = createHash('sha256')
      for (const index of [...digests.keys()].sort((a, b) => a - b)) whole.update(digests.get(index) ?? '')
      try {
        await api.completeSnapshot(region, snapshot, digests.size, whole.digest('base64'))
      } catch (error) {
        // An earlier try may have completed it, and its answer was lost: whether it is complete, its state tells.
        if (error instanceof SindriError && error.code === 'conflict') return
        const state = await api.pollSnapshot(region, snapshot, false)
        if (state === undefined || !('done' in state)) throw error
      }
    },
  }
}

/** A new snapshot is not known everywhere for up to two minutes: its blocks are then put again. */
async function seen(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isGone(error)) throw error
    throw new SindriError('timeout', messageOf(error), { cause: error })
  }
}

/** The last block of a disk whose size is no multiple of a block. */
function padded(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(blockBytes)
  block.set(bytes)
  return block
}
