import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { SindriError } from '../../core/error.ts'
import { bucketHost } from './endpoints.ts'
import { alibabaError } from './errors.ts'
import { type OssKeys, type OssRequest, signed, targetOf } from './oss-signature.ts'
import { textIn } from './xml.ts'

/** What OSS answered: its headers in lower case, and its document. */
export interface OssAnswer {
  header(name: string): string | undefined
  readonly text: string
}

/** What is asked of a bucket or an object in it. */
export type OssCall = Pick<OssRequest, 'method'> &
  Partial<Pick<OssRequest, 'key' | 'query' | 'headers'>> & {
    readonly body?: Uint8Array
    /** It begins something anew each time: only who asked can say whether to ask again. */
    readonly once?: true
  }

/** Signed requests to the buckets of one account. */
export interface Oss {
  /** `what` is the RAM action, as `oss:PutObject`. @throws SindriError that names it */
  send(what: string, region: string, bucket: string, call: OssCall): Promise<OssAnswer>
}

/** A request whose answer does not begin in this time is given up; parts are sent by someone who tries again. */
const timeoutMs = 120_000
const connections = 64
const attempts = 5
const firstPauseMs = 500

/** No call is made before it is needed. `source` says where the keys come from. */
export function openOss(keys: () => Promise<OssKeys>, source: string): Oss {
  const pools = new Map<string, Pool>()

  function poolOf(host: string): Pool {
    const known = pools.get(host)
    if (known !== undefined) return known
    const options = { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const pool = new Pool(`https://${host}`, options)
    pools.set(host, pool)
    return pool
  }

  async function once(what: string, region: string, bucket: string, call: OssCall): Promise<OssAnswer> {
    const { method, key = '', query = {}, headers = {}, body } = call
    const sums: Readonly<Record<string, string>> =
      body === undefined || headers['content-md5'] !== undefined
        ? {}
        : { 'content-md5': createHash('md5').update(body).digest('base64') }
    const host = bucketHost(bucket, region)
    const request = { method, bucket, key, query, headers: { ...headers, ...sums } }
    try {
      const sent = {
        ...signed(request, await keys(), region, Date.now()),
        'content-length': String(body?.length ?? 0),
      }
      const answer = await poolOf(host).request({
        method,
        path: targetOf(request),
        headers: sent,
        ...(body && { body }),
      })
      const text = await answer.body.text()
      const header = (name: string): string | undefined => {
        const value = answer.headers[name]
        return Array.isArray(value) ? value[0] : value
      }
      if (answer.statusCode < 300) return { header, text }
      throw refusal(answer.statusCode, text, header('x-oss-err'))
    } catch (error) {
      throw alibabaError(error, what, region, source)
    }
  }

  return {
    async send(what, region, bucket, call) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(what, region, bucket, call)
        } catch (error) {
          const transient = error instanceof SindriError && error.code === 'timeout'
          if (!transient || call.once === true || attempt === attempts) throw error
          await delay(firstPauseMs * 2 ** (attempt - 1))
        }
      }
    },
  }
}

/** What OSS answered instead of doing it; to HEAD, which has no body, in a header. https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses (2026-11) */
function refusal(status: number, text: string, header: string | undefined): Error {
  const document = text === '' && header !== undefined ? Buffer.from(header, 'base64').toString('utf8') : text
  const code = textIn(document, 'Code') ?? (status === 404 ? 'NoSuchKey' : `HTTP ${status}`)
  return Object.assign(new Error(textIn(document, 'Message') ?? `status ${status}`), { code, statusCode: status })
}
