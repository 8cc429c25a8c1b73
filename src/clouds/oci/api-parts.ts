import { Pool } from 'undici'
import type { OciRequests } from './api-requests.ts'
import type { Bucket, Upload } from './disk-port.ts'
import { type Asked, ociError, unanswered } from './errors.ts'

/** A part that is not answered in this time is sent again: the largest takes that long at 3 Mbit/s. */
const timeoutMs = 300_000
const connections = 64

/** Sends parts over connections of their own, by region. */
export interface Parts {
  /** @param md5 in base64; Object Storage refuses other bytes. Returns the ETag */
  put(bucket: Bucket, upload: Upload, number: number, bytes: Uint8Array, md5: string): Promise<string>
}

/**
 * UploadPart. Its signature leaves the body out, as Oracle has it for Object Storage alone: the MD5 is what is checked.
 * https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm (Special Implementer Instructions for Object Storage PUT, 2026-11)
 */
export function openParts({ credentials, endpointOf }: Pick<OciRequests, 'credentials' | 'endpointOf'>): Parts {
  const pools = new Map<string, Pool>()
  function poolOf(origin: string): Pool {
    const known =
      pools.get(origin) ??
      new Pool(origin, { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
    pools.set(origin, known)
    return known
  }
  return {
    async put(bucket, upload, number, bytes, md5) {
      const own = await credentials()
      const asked: Asked = {
        operation: 'UploadPart',
        what: `${bucket.name}/${upload.object}, part ${number}`,
        credentials: own.source,
        exists: false,
      }
      const origin = endpointOf('objectstorage', bucket.region)
      const query = new URLSearchParams({ uploadId: upload.id, uploadPartNum: String(number) })
      const path = `/n/${bucket.namespace}/b/${bucket.name}/u/${encodeURIComponent(upload.object)}?${query}`
      const headers = new Headers({
        'content-type': 'application/octet-stream',
        'content-length': String(bytes.length),
        'content-md5': md5,
      })
      await own.sign({ method: 'PUT', uri: `${origin}${path}`, headers, unsignedBody: true })
      const answer = await poolOf(origin)
        .request({ method: 'PUT', path, headers: Object.fromEntries(headers), body: bytes })
        .catch((error: unknown) => {
          throw ociError(unanswered(error), asked)
        })
      const text = await answer.body.text().catch((error: unknown) => {
        throw ociError(unanswered(error), asked)
      })
      if (answer.statusCode < 300) return String(answer.headers.etag ?? '')
      const code = /"code"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? ''
      const message = /"message"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? `HTTP ${answer.statusCode}`
      throw ociError({ status: answer.statusCode, code, message }, asked)
    },
  }
}
