import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { SindriError } from '../../core/error.ts'
import type { StreamSink } from '../../core/sink.ts'
import { isGone } from '../gone.ts'
import type { AwsObjects, ObjectPlace, StoredPart } from './object-port.ts'

/** Under way at once, and kept until they are stored. */
const partsAtOnce = 4
const smallestPartBytes = 8 * 1024 * 1024
const mostParts = 10_000
const mib = 1024 * 1024

/**
 * A VMDK in the parts of an upload to S3: the smallest of what AWS imports, since it is packed and has no zeros. The same
 * disk makes the same file, so a part that an earlier run stored is known by its sha256 and not sent again. S3 checks each
 * part's sha256, and the one over all of them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (2026-11)
 * @param diskBytes of the disk, by which parts are as large as is needed for them to be few enough
 */
export function s3Sink(api: AwsObjects, place: ObjectPlace, upload: string, diskBytes: number): StreamSink {
  // What cannot be packed gets a little larger by being packed.
  const partBytes = Math.max(smallestPartBytes, Math.ceil((diskBytes * 1.05) / mostParts / mib) * mib)
  return {
    kind: 'stream',
    format: 'vmdk',
    async write(open) {
      const there = await api.parts(place, upload)
      const stored: Promise<StoredPart>[] = []
      const under = new Set<Promise<unknown>>()
      let sent = 0
      let piece = Buffer.alloc(partBytes)
      let filled = 0
      let failed = false

      async function store(number: number, bytes: Uint8Array): Promise<StoredPart> {
        const sha256 = createHash('sha256').update(bytes).digest('base64')
        const known = there.get(number)
        if (known?.sha256 === sha256) return known
        const etag = await api.putPart(place, upload, number, bytes, sha256)
        sent += bytes.length
        return { etag, sha256 }
      }

      async function give(): Promise<void> {
        const job = store(stored.length + 1, piece.subarray(0, filled))
        stored.push(job)
        const settled = job.then(
          () => undefined,
          () => {
            failed = true
          },
        )
        under.add(settled)
        settled.finally(() => under.delete(settled))
        piece = Buffer.alloc(partBytes)
        filled = 0
        if (under.size >= partsAtOnce) await Promise.race(under)
      }

      for await (const bytes of open()) {
        for (let at = 0; at < bytes.length; ) {
          const length = Math.min(partBytes - filled, bytes.length - at)
          piece.set(bytes.subarray(at, at + length), filled)
          filled += length
          at += length
          if (filled === partBytes) await give()
        }
        if (failed) break
      }
      if (filled > 0 && !failed) await give()
      await Promise.all(under)
      await complete(api, place, upload, await Promise.all(stored))
      return sent
    },
  }
}

/** Makes the parts one object; when that was done before the answer was lost, the object tells. */
async function complete(
  api: AwsObjects,
  place: ObjectPlace,
  upload: string,
  parts: readonly StoredPart[],
): Promise<void> {
  const whole = createHash('sha256')
  for (const { sha256 } of parts) whole.update(Buffer.from(sha256, 'base64'))
  const sha256 = `${whole.digest('base64')}-${parts.length}`
  try {
    await api.completeUpload(place, upload, parts, sha256)
  } catch (error) {
    if (!isGone(error) || (await api.object(place)) === undefined) throw error
  }
  const arrived = await api.object(place)
  if (arrived?.sha256 === sha256) return
  await api.deleteObject(place)
  throw new SindriError('failed', `${place.bucket}/${place.key} did not arrive as it was sent`, {
    hint: 'run the same command again: the disk is sent anew',
  })
}
