import { readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { messageOf, SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { type Json, object } from './answers.ts'
import type { OpenStackCloud } from './login.ts'

/** Bytes that are sent as they come. */
export interface Body {
  readonly bytes: AsyncIterable<Uint8Array>
  /** How many there are, where that is known; else they go in chunks, which not every installation takes. */
  readonly length: number | undefined
}

export interface Wanted {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Body
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Json
  readonly text: string
}

/** No answer of Keystone or Glance is larger: a page of images is some hundred kilobytes. */
const largestAnswerBytes = 32 * 1024 * 1024
/** A connection on which nothing moves is given up. Glance may take minutes to store the last bytes of an image. */
const silenceMs = 60_000
const silenceWithBodyMs = 15 * 60_000

/**
 * Sends requests to one cloud, trusting what it says is to be trusted; proxies are those of the environment. Node's own
 * client, since `fetch` takes no certificate authority. Certificates are read here. @throws SindriError `credentials`
 */
export function connectHttp(
  { trust, source }: OpenStackCloud,
  environment: Environment,
): (wanted: Wanted) => Promise<Answer> {
  const common = { keepAlive: true, proxyEnv: { ...environment } }
  const file = (path: string | undefined): { text: Buffer } | undefined =>
    path === undefined ? undefined : { text: readTrust(path, source) }
  const ca = file(trust.cacert)?.text
  const cert = file(trust.cert)?.text
  const key = file(trust.key ?? trust.cert)?.text
  const plain = new PlainAgent(common)
  const secure = new Agent({
    ...common,
    rejectUnauthorized: trust.verify,
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
  })

  return async ({ method, url, headers, body, signal }) => {
    signal.throwIfAborted()
    const text = typeof body === 'string' ? body : undefined
    const stream = typeof body === 'object' ? body : undefined
    const length = text === undefined ? stream?.length : Buffer.byteLength(text)
    const options = {
      method,
      headers: { ...headers, ...(length !== undefined && { 'content-length': String(length) }) },
      signal,
      timeout: stream === undefined ? silenceMs : silenceWithBodyMs,
    }
    const sent = url.startsWith('https:')
      ? request(url, { ...options, agent: secure })
      : plainRequest(url, { ...options, agent: plain })
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('nothing came for too long'), { code: 'ETIMEDOUT' })))
    const answered = answerTo(sent)
    if (stream === undefined) sent.end(text)
    else await sendBody(sent, stream, answered)
    return answered
  }
}

function readTrust(path: string, source: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SindriError('credentials', `${source} names ${path}, which cannot be read: ${messageOf(error)}`, {
      hint: 'correct cacert, cert or key there',
      cause: error,
    })
  }
}

function answerTo(sent: ClientRequest): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  sent.on('error', reject)
  sent.on('response', (answer) => read(answer).then(resolve, reject))
  // Whoever sends the body may stop before it looks here.
  promise.catch(() => {})
  return promise
}

async function read(answer: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer) {
    parts.push(part)
    bytes += part.length
    if (bytes > largestAnswerBytes) {
      answer.destroy()
      throw new SindriError('failed', `an answer of more than ${largestAnswerBytes} bytes came`, {
        hint: 'is this OpenStack?',
      })
    }
  }
  const text = Buffer.concat(parts).toString()
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: jsonOf(text), text }
}

/** Glance's refusals are pages for people. */
function jsonOf(text: string): Json {
  try {
    return object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Each part is on its way before the next is asked for; an answer that comes early ends it. */
async function sendBody(sent: ClientRequest, { bytes, length }: Body, answered: Promise<Answer>): Promise<void> {
  let early = false
  const answer = answered.then(
    () => true,
    () => true,
  )
  answer.then(() => {
    early = true
  })
  let count = 0
  try {
    for await (const part of bytes) {
      count += part.length
      if (length !== undefined && count > length) throw wrongLength(count, length)
      const flushed = Promise.withResolvers<false>()
      sent.write(part, () => flushed.resolve(false))
      if ((await Promise.race([flushed.promise, answer])) || early) break
    }
    if (!early && length !== undefined && count !== length) throw wrongLength(count, length)
  } catch (error) {
    // An unfinished request is broken, so that the service does not take it for the whole.
    sent.destroy()
    throw error
  }
  if (early) answered.finally(() => sent.destroy()).catch(() => {})
  else sent.end()
}

function wrongLength(count: number, length: number): SindriError {
  return new SindriError('failed', `${length} bytes were announced, and ${count} or more came`, {
    hint: 'did the disk change while it was read?',
  })
}
