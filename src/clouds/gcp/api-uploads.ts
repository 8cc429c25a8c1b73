import type { Answer, GoogleCalls } from './api-calls.ts'
import { objectOf } from './disk-answers.ts'
import type { GcpDiskApi, Uploaded } from './disk-port.ts'

const uploads = 'https://storage.googleapis.com/upload/storage/v1/'

/** "Resume Incomplete", the answer to every piece but the last. */
const incomplete = 308

/** Resumable uploads. https://cloud.google.com/storage/docs/performing-resumable-uploads (read 2026-11) */
export function openUploads({
  ask,
}: GoogleCalls): Pick<GcpDiskApi, 'beginUpload' | 'uploaded' | 'putPiece' | 'cancelUpload'> {
  const permission = 'storage.objects.create'

  async function put(upload: string, range: string, data: Uint8Array | undefined): Promise<Uploaded> {
    const headers = { 'content-range': range, 'content-type': 'application/octet-stream' }
    const answer = await ask(permission, 'an upload', {
      ...{ method: 'PUT', url: upload, headers, statuses: [incomplete] },
      ...(data !== undefined && { data }),
    })
    return answer.status === incomplete ? { bytes: arrived(answer) } : { object: objectOf(answer.body) }
  }

  return {
    async beginUpload(bucket, name, metadata) {
      const { headers } = await ask(permission, `${bucket}/${name}`, {
        method: 'POST',
        url: `${uploads}b/${bucket}/o`,
        params: { uploadType: 'resumable', name },
        headers: { 'x-upload-content-type': 'application/gzip' },
        data: { metadata },
      })
      return headers.get('location') ?? ''
    },
    uploaded: (upload) => put(upload, 'bytes */*', undefined),
    putPiece: (upload, piece, offset, last) => {
      const end = offset + piece.length
      // Without bytes it only says how many there are.
      const range = piece.length === 0 ? '*' : `${offset}-${end - 1}`
      return put(upload, `bytes ${range}/${last ? end : '*'}`, piece)
    },
    async cancelUpload(upload) {
      // 499 says that it is cancelled; what is over or unknown need not be.
      await ask(permission, 'an upload', { method: 'DELETE', url: upload, statuses: [499, 404, 410] })
    },
  }
}

/** `Range: bytes=0-524287`; there is none before the first byte. */
function arrived({ headers }: Answer): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.get('range') ?? '')?.[1]
  return last === undefined ? 0 : Number(last) + 1
}
