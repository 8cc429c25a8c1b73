import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type MetadataTree, metadataTree } from './metadata-tree.ts'

/** What an instance can learn about itself. */
export interface MetadataInstance {
  readonly id: string
  readonly imageId: string
  readonly type: string
  readonly region: string
  readonly zone: string
  readonly account: string
  readonly hostname: string
  readonly mac: string
  readonly privateAddress: string
  readonly publicAddress: string
  readonly subnetId: string
  readonly vpcId: string
  readonly publicKey?: { readonly name: string; readonly openssh: string }
  /** In base64, as RunInstances takes it. */
  readonly userData?: string
  /** Their names. */
  readonly securityGroups: readonly string[]
  /** Whether a request must carry a session token (IMDSv2 only). */
  readonly tokens: 'required' | 'optional'
  readonly reservationId: string
  /** ISO 8601. */
  readonly launchedAt: string
}

const tokenHeader = 'x-aws-ec2-metadata-token'
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds'
const longestTtlSeconds = 21_600
const versions = [
  '2009-04-04',
  '2016-09-02',
  '2018-09-24',
  '2019-10-01',
  '2020-10-27',
  '2021-03-23',
  '2022-09-24',
  'latest',
]

/**
 * The instance metadata service of one instance, versions 1 and 2.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html (2026-11).
 * Not served: what only a real instance has, such as role credentials and the signed identity document.
 */
export function metadataHandler(
  instance: MetadataInstance,
  now: () => number = Date.now,
): (request: IncomingMessage, response: ServerResponse) => void {
  const documents = metadataTree(instance)
  const tokens = sessionTokens(now)
  const root: MetadataTree = Object.fromEntries(versions.map((version) => [version, documents]))

  return (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*/, '').split('/').filter(Boolean)
    if (request.method === 'PUT') {
      if (path.join('/') !== 'latest/api/token') return refuse(response, 405, 'Method Not Allowed')
      // A request that came through a proxy must not obtain a token.
      if (request.headers['x-forwarded-for'] !== undefined) return refuse(response, 403, 'Forbidden')
      const ttlSeconds = Number(request.headers[ttlHeader])
      if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > longestTtlSeconds) {
        return refuse(response, 400, 'Bad Request')
      }
      return respond(response, tokens.issue(ttlSeconds), { [ttlHeader]: String(ttlSeconds) })
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Method Not Allowed')
    const token = request.headers[tokenHeader]
    const admitted = token === undefined ? instance.tokens === 'optional' : tokens.accept(String(token))
    if (!admitted) return refuse(response, 401, 'Unauthorized')
    const found = path.reduce<MetadataTree[string] | undefined>(child, root)
    if (found === undefined) return refuse(response, 404, 'Not Found')
    if (typeof found === 'string' || Buffer.isBuffer(found)) return respond(response, found)
    return respond(response, listing(found))
  }
}

function child(parent: MetadataTree[string] | undefined, name: string): MetadataTree[string] | undefined {
  if (parent === undefined || typeof parent === 'string' || Buffer.isBuffer(parent)) return undefined
  // A key `0=deploy` is listed whole, and asked for as `0`.
  const key = Object.keys(parent).find((own) => own === name || own.startsWith(`${name}=`))
  return key === undefined ? undefined : parent[key]
}

function listing(tree: MetadataTree): string {
  const line = ([name, value]: [string, MetadataTree[string]]) => {
    const leaf = typeof value === 'string' || Buffer.isBuffer(value)
    return leaf || name.includes('=') || name in plainlyListed || versions.includes(name) ? name : `${name}/`
  }
  return Object.entries(tree).map(line).join('\n')
}

/** Folders that the service lists without a slash. */
const plainlyListed = { dynamic: true, 'meta-data': true }

interface SessionTokens {
  issue(ttlSeconds: number): string
  accept(token: string): boolean
}

/** Tokens that carry their own end, signed with a key of this instance only: nothing has to be remembered. */
function sessionTokens(now: () => number): SessionTokens {
  const key = randomBytes(32)
  const sign = (ends: string) => createHmac('sha256', key).update(ends).digest('base64url')
  return {
    issue: (ttlSeconds) => {
      const ends = (now() + ttlSeconds * 1000).toString(36)
      return `${ends}.${sign(ends)}`
    },
    accept: (token) => {
      const [ends = '', signature = ''] = token.split('.')
      const [own, given] = [Buffer.from(sign(ends)), Buffer.from(signature)]
      return own.length === given.length && timingSafeEqual(own, given) && now() < Number.parseInt(ends, 36)
    },
  }
}

function respond(
  response: ServerResponse,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'text/plain'
  response.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    server: 'EC2ws',
    ...headers,
  })
  response.end(body)
}

function refuse(response: ServerResponse, status: number, words: string): void {
  const body = `<html><head><title>${status} - ${words}</title></head><body><h1>${status} - ${words}</h1></body></html>\n`
  response.writeHead(status, {
    'content-type': 'text/html',
    'content-length': Buffer.byteLength(body),
    server: 'EC2ws',
  })
  response.end(body)
}
