import { createHash } from 'node:crypto'
import { messageOf, SindriError } from '../../core/error.ts'
import type { StreamSink } from '../../core/sink.ts'
import { sentOf } from './marks.ts'
import type { ImageService, OpenStackImage, Sent } from './port.ts'

/** How long another run, or one that was killed, may be at an image: Glance notices a broken connection within seconds. */
const defaultPatienceMs = 15 * 60_000

/**
 * The file of an image that has none. What was sent is written on the image, where it is compared with what Glance
 * stored. Where the file is there and nothing is written, an earlier run was killed in between: then the disk is read
 * again and compared, and nothing is sent.
 */
export function glanceSink(
  images: ImageService,
  id: string,
  options: { readonly format: 'qcow2' | 'raw' | 'vmdk'; readonly direct: boolean; readonly patienceMs?: number },
): StreamSink {
  const { format, direct, patienceMs = defaultPatienceMs } = options
  const endless = new AbortController().signal
  return {
    kind: 'stream',
    format,
    async write(open, sizeBytes) {
      const { status } = await settled(images, id, patienceMs)
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

/** @throws SindriError `failed` for an image that somebody else is at for too long: waiting on would change nothing */
async function settled(images: ImageService, id: string, patienceMs: number): Promise<OpenStackImage> {
  const limit = AbortSignal.timeout(patienceMs)
  try {
    return await images.settled(id, limit)
  } catch (error) {
    if (!limit.aborted) throw error
    const minutes = Math.round(patienceMs / 60_000)
    throw new SindriError('failed', `image ${id} has been taking bytes for ${minutes} minutes, and not from here`, {
      hint: `when no other run sends it: openstack image delete ${id}, then the same command again`,
      cause: error,
    })
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
