import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { brokenConnections } from '../core/broken-connections.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, SindriError } from '../core/error.ts'
import { retry } from '../core/retry.ts'
import { answeredRange, changed, cut, lengthOfAnswer } from './answered-range.ts'
import { checkTransport, shownUrl } from './disk-url.ts'
import type { RemoteObject } from './remote-object.ts'

/** What an object is read with. */
export interface HttpOptions {
  /** Proxies are those it names. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** A connection on which nothing moves for so long is given up. Default: 30 seconds. */
  readonly silenceMs?: number
}

type Wanted = Readonly<Record<string, string>>

const defaultSilenceMs = 30_000
const mostRedirects = 5
const busy = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * A file that a web server gives in ranges. Its size and what tells that it changed are asked for first; every further
 * request says which one is meant (RFC 9110, 13.1.5), and every answer is compared with the first. HEAD is not used: a
 * signed URL is signed for GET. Redirects are followed to https alone, and a user and password go to the host they were
 * given for alone. Certificates are those that Node trusts.
 * @throws SindriError `usage` for plain HTTP, `unsupported` for a server that cannot do this, `denied`, `not-found`
 */
export async function openHttpObject(url: URL, options: HttpOptions): Promise<RemoteObject> {
  const name = shownUrl(url)
  checkTransport(url, name)
  const { clock, silenceMs: timeout = defaultSilenceMs } = options
  const common = { keepAlive: true, proxyEnv: { ...options.environment } }
  const plain = new PlainAgent(common)
  const secure = new Agent(common)
  /** Where the redirects led the last time. */
  let place = url

  async function ask(at: URL, headers: Wanted, signal: AbortSignal): Promise<IncomingMessage> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const { username, password } = url
    const own = at.origin === url.origin && (username !== '' || password !== '')
    const wanted = {
      headers: { ...headers, ...(own && { authorization: basic(username, password) }) },
      timeout,
    }
    const target = new URL(at)
    target.username = ''
    target.password = ''
    const sent =
      at.protocol === 'https:'
        ? request(target, { ...wanted, agent: secure })
        : plainRequest(target, { ...wanted, agent: plain })
    const silent = (): unknown =>
      sent.destroy(Object.assign(new Error('nothing came for too long'), { code: 'ETIMEDOUT' }))
    const answered = (answer: IncomingMessage): void => {
      // Whoever reads it is told by the reading; between two readings nobody is.
      answer.on('error', () => undefined)
      resolve(answer)
    }
    const stop = (): unknown => sent.destroy()
    signal.addEventListener('abort', stop, { once: true })
    sent.on('close', () => signal.removeEventListener('abort', stop))
    sent.on('timeout', silent).on('error', reject).on('response', answered).end()
    return promise
  }

  async function follow(from: URL, headers: Wanted, signal: AbortSignal): Promise<IncomingMessage> {
    let at = from
    for (let count = 0; count <= mostRedirects; count += 1) {
      const answer = await ask(at, headers, signal)
      const { statusCode = 0 } = answer
      if (statusCode < 301 || statusCode > 308 || statusCode === 304) {
        place = at
        return answer
      }
      answer.destroy()
      at = redirected(at, answer.headers.location, name)
    }
    throw new SindriError('failed', `${name} redirects more than ${mostRedirects} times`, { hint: 'check the URL' })
  }

  /** An answer that brings bytes, or is the refusal of a range beyond the end. */
  async function get(headers: Wanted, signal: AbortSignal): Promise<IncomingMessage> {
    const all = { ...headers, 'accept-encoding': 'identity', 'user-agent': 'sindri' }
    try {
      let answer = await follow(place, all, signal)
      // Where a redirect leads may be signed for some minutes only.
      if (place !== url && [400, 401, 403, 404, 410].includes(answer.statusCode ?? 0)) {
        answer.destroy()
        answer = await follow(url, all, signal)
      }
      const refusal = refusalOf(answer, name)
      if (refusal === undefined) return answer
      answer.destroy()
      throw refusal
    } catch (error) {
      throw httpError(error, name, signal)
    }
  }

  async function first(): Promise<Known> {
    const answer = await get({ range: 'bytes=0-0' }, options.signal)
    answer.destroy()
    return knownFrom(answer, name)
  }

  function close(): void {
    plain.destroy()
    secure.destroy()
  }

  try {
    const known = await retry(clock, options.signal, first)
    const { sizeBytes, validator, condition } = known
    return {
      ...{ name, address: url.href, sizeBytes, validator },
      async *read(offset, length, signal) {
        const range = `bytes=${offset}-${offset + length - 1}`
        const answer = await get({ range, ...(condition !== undefined && { 'if-range': condition }) }, signal)
        try {
          if (answer.statusCode !== 206 || !sameAs(known, answer)) throw changed(name)
          const comes = lengthOfAnswer(answer.headers['content-range'], name, { offset, length, sizeBytes })
          yield* cut(answer, comes, name)
        } catch (error) {
          throw httpError(error, name, signal)
        } finally {
          answer.destroy()
        }
      },
      close: async () => close(),
    }
  } catch (error) {
    close()
    throw error
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
}

/** @throws SindriError `denied` for plain HTTP, `failed` for what is no URL */
function redirected(from: URL, location: string | undefined, name: string): URL {
  if (location === undefined || !URL.canParse(location, from))
    throw new SindriError('failed', `${name} redirects to nowhere`, { hint: 'check the URL' })
  const to = new URL(location, from)
  const safe = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')
  if (!safe)
    throw new SindriError('denied', `${name} redirects to ${shownUrl(to)}, which is not https`, {
      hint: 'anybody on the way may change what comes by plain HTTP; give the URL of a server that does not do this',
    })
  checkTransport(to, shownUrl(to))
  return to
}

/** What is known of a file since the first answer. */
interface Known {
  readonly sizeBytes: number
  readonly etag: string | undefined
  readonly modified: string | undefined
  /** For `If-Range`, which takes no weak tag. */
  readonly condition: string | undefined
  readonly validator: string
}

function knownFrom({ statusCode, headers }: IncomingMessage, name: string): Known {
  const { etag, 'last-modified': modified, 'content-encoding': encoding = 'identity' } = headers
  if (encoding !== 'identity')
    throw new SindriError('unsupported', `${name}: its server packs what it sends (${encoding})`, {
      hint: 'have it serve the file as it is, or download the disk and give the file',
    })
  const empty = statusCode === 416 && headers['content-range'] === 'bytes */0'
  if (statusCode !== 206 && !empty)
    throw new SindriError('unsupported', `${name}: its server gives no ranges of a file (HTTP ${statusCode})`, {
      hint: 'download the disk, and give the file; or serve it by a server that knows ranges, such as nginx',
    })
  if (etag === undefined && modified === undefined)
    throw new SindriError('unsupported', `${name}: its server does not tell when the file changes`, {
      hint: 'have it send ETag or Last-Modified, or download the disk and give the file',
    })
  const { sizeBytes } = empty ? { sizeBytes: 0 } : answeredRange(headers['content-range'], name)
  const strong = etag?.startsWith('W/') === true ? undefined : etag
  return { sizeBytes, etag, modified, condition: strong ?? modified, validator: JSON.stringify([etag, modified]) }
}

/** A header that is left out says nothing where the server was asked for the same file, and everything where it was not. */
function sameAs({ etag, modified, condition }: Known, { headers }: IncomingMessage): boolean {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') return false
  const same = (before: string | undefined, now: string | undefined): boolean =>
    before === undefined || now === before || (now === undefined && condition !== undefined)
  return same(etag, headers.etag) && (etag !== undefined || same(modified, headers['last-modified']))
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage, name: string): SindriError | undefined {
  if (statusCode === 206 || statusCode === 200) return undefined
  if (statusCode === 416) return headers['content-range'] === 'bytes */0' ? undefined : changed(name)
  const said = `${name} is answered with HTTP ${statusCode}`
  if (busy.has(statusCode)) return new SindriError('timeout', said)
  if (statusCode === 412) return changed(name)
  if (statusCode === 404 || statusCode === 410) return new SindriError('not-found', said, { hint: 'check the URL' })
  if (statusCode === 401 || statusCode === 403 || statusCode === 407)
    return new SindriError('denied', said, { hint: 'a signed URL may be too old: have a new one made' })
  return new SindriError('failed', said, { hint: 'check the URL' })
}

/** The same failure in our words. */
function httpError(error: unknown, name: string, signal: AbortSignal): unknown {
  if (error instanceof SindriError || signal.aborted) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // A body that breaks off is told of by one word.
  if (brokenConnections.has(code) || messageOf(error) === 'aborted')
    return new SindriError('timeout', `${name} broke off: ${messageOf(error)}`, { cause: error })
  const hint = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code)
    ? 'name the authority of its certificate in NODE_EXTRA_CA_CERTS'
    : 'check the URL and the network'
  return new SindriError('failed', `${name} cannot be read: ${messageOf(error)}`, { hint, cause: error })
}
