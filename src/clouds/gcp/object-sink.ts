import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { SindriError } from '../../core/error.ts'
import type { StreamSink } from '../../core/sink.ts'
import { unlessGone } from '../gone.ts'
import { type GcpDiskApi, type GcpObject, pieceMultipleBytes, type Uploaded } from './disk-port.ts'

/** What is sent at once, and has to be sent again when the connection breaks. */
const pieceBytes = 64 * pieceMultipleBytes

/** Says that an object arrived as it was sent: its md5, as its sender knows it. */
export const arrivedKey = 'sindri-md5'

/** An object in the making. */
export interface Target {
  readonly bucket: string
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  /** The upload that was begun for it. */
  readonly upload: string
  /** It was begun just now, and has nothing yet. */
  readonly fresh: boolean
}

/**
 * A packed disk as an object. An upload that broke off is gone on with: Google tells how many bytes it has, and the same
 * disk packs to the same bytes. Whether it did shows in the md5 of the whole; where that differs, all is sent anew.
 */
export function objectSink(api: GcpDiskApi, { bucket, name, metadata, upload: first, fresh }: Target): StreamSink {
  let upload = first
  let known: Uploaded | undefined = fresh ? { bytes: 0 } : undefined
  let anew = 0

  async function begin(): Promise<Uploaded> {
    upload = await api.beginUpload(bucket, name, metadata)
    return { bytes: 0 }
  }

  return {
    kind: 'stream',
    format: 'tar.gz',
    async write(open) {
      let sent = 0
      for (;;) {
        const before = known ?? (await unlessGone(api.uploaded(upload))) ?? (await begin())
        // What arrives from now on only Google knows.
        known = undefined
        const passed = await pass(api, upload, open, before)
        sent += passed.sent
        if (passed.object?.md5 === passed.md5) {
          await api.setMetadata(bucket, name, { [arrivedKey]: passed.md5 })
          return sent
        }
        await api.cancelUpload(upload)
        await unlessGone(api.deleteObject(bucket, name))
        anew += 1
        if (anew > 1)
          throw new SindriError('failed', `${name} arrived in ${bucket} twice with another md5 than it was sent with`, {
            hint: 'another program writes to this bucket, or this machine damages what it sends',
          })
        known = await begin()
      }
    },
  }
}

/** Reads all there is, and sends what is not there yet. No object comes of it where more is there than can be. */
async function pass(
  api: GcpDiskApi,
  upload: string,
  open: () => AsyncIterable<Uint8Array>,
  before: Uploaded,
): Promise<{ readonly sent: number; readonly md5: string; readonly object: GcpObject | undefined }> {
  const hash = createHash('md5')
  const piece = Buffer.allocUnsafe(pieceBytes)
  let state = before
  let filled = 0
  let start = 0
  let sent = 0

  /** Sends what of the piece is not there, as often as Google takes only a part of it. */
  async function send(last: boolean): Promise<void> {
    const end = start + filled
    while ('bytes' in state && (state.bytes < end || (last && state.bytes === end))) {
      const from = state.bytes
      // It has only what was sent before: from here on, or from within this piece.
      if (from < start) throw new SindriError('timeout', `Cloud Storage lost an upload behind byte ${from}`)
      state = await api.putPiece(upload, piece.subarray(from - start, filled), from, last)
      const reached = 'bytes' in state ? state.bytes : end
      if ('bytes' in state && reached <= from)
        throw new SindriError('timeout', `Cloud Storage took nothing of an upload behind byte ${from}`)
      sent += reached - from
    }
    start = end
    filled = 0
  }

  for await (const bytes of open()) {
    hash.update(bytes)
    for (let at = 0; at < bytes.length; ) {
      // Which piece is the last shows only when another byte comes.
      if (filled === pieceBytes) await send(false)
      const length = Math.min(pieceBytes - filled, bytes.length - at)
      piece.set(bytes.subarray(at, at + length), filled)
      filled += length
      at += length
    }
  }
  await send(true)
  return { sent, md5: hash.digest('base64'), object: 'object' in state ? state.object : undefined }
}
