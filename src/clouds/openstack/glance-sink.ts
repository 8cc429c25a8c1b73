import { createHash } from 'node:crypto'
import { messageOf, SindriError } from '../../core/error.ts'
import type { StreamSink } from '../../core/sink.ts'
import { sentOf } from './marks.ts'
import type { ImageService, Sent } from './port.ts'

/** How long another run, or one that was killed, may be at an image: Glance notices a broken connection within seconds. */
const patienceMs = 15 * 60_000

/**
 * The file of an image that has none. What was sent is written on the image, where it is compared with what Glance
 * stored. Where the file is there and nothing is written, an earlier run was killed in between: then the disk is read
 * again and compared, and nothing is sent.
 */
export function glanceSink(
  images: ImageService,
  id: string,
  { format, direct }: { readonly format: 'qcow2' | 'raw' | 'vmdk'; readonly direct: boolean },
): StreamSink {
  const endless = new AbortController().signal
  return {
    kind: 'stream',
    format,
    async write(open, sizeBytes) {
      const limit = AbortSignal.timeout(patienceMs)
      const { status } = await images.settled(id, limit)
      const fresh = status === 'queued'
      const body = { bytes: open(), length: sizeBytes }
      const send = direct ? images.stage : images.upload
      const sent = fresh ? await again(send(id, body, endless)) : await summed(body.bytes)
      await images.change(id, { properties: sentOf(sent) }, AbortSignal.timeout(patienceMs))
      const staged = fresh ? direct : status === 'uploading'
      if (staged) await images.beginImport(id, 'staged', AbortSignal.timeout(patienceMs))
      return fresh ? sent.bytes : 0
    },
  }
}

/** Somebody else has begun to send it, or the reply was lost: after a pause the image tells what became of it. */
async function again(sending: Promise<Sent>): Promise<Sent> {
  try {
    return await sending
  } catch (error) {
    if (!(error instanceof SindriError && error.code === 'conflict')) throw error
    throw new SindriError('timeout', messageOf(error), { cause: error })
  }
}

async function summed(bytes: AsyncIterable<Uint8Array>): Promise<Sent> {
  const hash = createHash('sha512')
  let count = 0
  for await (const piece of bytes) {
    hash.update(piece)
    count += piece.length
  }
  return { bytes: count, sha512: hash.digest('hex') }
}
