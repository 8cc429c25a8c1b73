import { createHash } from 'node:crypto'
import { SindriError } from '../../core/error.ts'
import type { PartSink } from '../../core/sink.ts'
import { isGone } from '../gone.ts'
import { crc64, joinedCrc64 } from './crc64.ts'
import type { AlibabaDiskApi, ObjectPlace, Stored } from './disk-port.ts'

const smallestPartBytes = 8 * 1024 * 1024
const mostParts = 10_000
const mib = 1024 * 1024

/**
 * The parts of an upload to OSS: each goes with its MD5, which OSS checks, and the whole is compared by its CRC-64. A part
 * that an earlier run stored is known by its MD5.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/uploadpart (2026-11)
 */
export function ossSink(api: AlibabaDiskApi, place: ObjectPlace, upload: string): PartSink {
  let there: ReadonlyMap<number, Stored> = new Map()
  const put = new Map<number, { readonly etag: string; readonly crc64: bigint; readonly length: number }>()
  return {
    kind: 'parts',
    format: 'qcow2',
    partBytes: (sizeBytes) => Math.max(smallestPartBytes, Math.ceil(sizeBytes / mostParts / mib) * mib),
    zeros: 'send',
    async stored() {
      there = await api.parts(place, upload)
      return new Set([...there.keys()].map((number) => number - 1))
    },
    async put(index, bytes) {
      const md5 = createHash('md5').update(bytes).digest()
      const etag = md5.toString('hex').toUpperCase()
      const known = there.get(index + 1)
      const same = known?.etag === etag && known.sizeBytes === bytes.length
      if (!same) await api.putPart(place, upload, index + 1, bytes, md5)
      put.set(index, { etag, crc64: crc64(bytes), length: bytes.length })
      return same ? 0 : bytes.length
    },
    async finish(sizeBytes) {
      const parts = [...put].sort(([a], [b]) => a - b).map(([, part]) => part)
      const sum = joinedCrc64(parts).toString()
      const etags = parts.map(({ etag }) => etag)
      const told = await completed(api, place, upload, etags)
      if (told.crc64 === sum && (told.sizeBytes ?? sizeBytes) === sizeBytes) return
      await api.deleteObject(place)
      throw new SindriError('failed', `${place.bucket}/${place.key} did not arrive as it was sent`, {
        hint: 'run the same command again: the disk is sent anew',
      })
    },
  }
}

/** Completes the upload; when that was done before the answer was lost, the object tells. */
async function completed(
  api: AlibabaDiskApi,
  place: ObjectPlace,
  upload: string,
  etags: readonly string[],
): Promise<{ readonly crc64: string; readonly sizeBytes?: number }> {
  try {
    return { crc64: await api.completeUpload(place, upload, etags) }
  } catch (error) {
    const object = isGone(error) ? await api.object(place) : undefined
    if (object === undefined) throw error
    return object
  }
}
