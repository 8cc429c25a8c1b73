import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Answer, Request } from '../../src/rehearsal/kit/front.ts'
import { passOn } from './other-server.ts'

/** moto behind a door that mends what it leaves out of EC2, as far as publishing needs it. */
export interface Mended {
  /** For `AWS_ENDPOINT_URL`. */
  readonly url: string
  /** Snapshots that images were registered of. */
  registered(): readonly string[]
  /** Requests so far that may have changed something, by operation. */
  changes(): readonly string[]
  /** Leaves all blocks of snapshots but this many without an answer; from now on none, when undefined. */
  holdBlocksAfter(count: number | undefined): void
  /** How many blocks are without an answer. */
  held(): number
  close(): Promise<void>
}

/**
 * moto 5.2 differs from AWS in what is mended here; all else, bytes among it, is moto's:
 *
 * - a snapshot is `completed` for it before CompleteSnapshot was called. EC2 tells `pending` until then:
 *   https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-create-snapshot.html (2026-11);
 * - it takes the permissions of a snapshot only in the older of the two forms that EC2 has for them (`UserId.1`);
 * - it forgets the tags that RegisterImage and CopyImage give, and the snapshot that RegisterImage names.
 *
 * Not mended, and not tried here: it checks no signature, no checksum of a block or of all, and no token; it makes a
 * snapshot of its own for each image and shows that; of an image it keeps name and description alone (no architecture, no
 * boot mode, no IMDS); a copy is there at once, with nothing in it; it has no blocking of public images (HTTP 500).
 */
export async function openMended(port: number): Promise<Mended> {
  const pending = new Set<string>()
  const registered: string[] = []
  const changes: string[] = []
  const waiting = new Set<IncomingMessage>()
  let mayPass: number | undefined

  /** Asks moto for something in the name of the client: with its region, which the signature tells. */
  async function alsoTag(request: Request, resource: string, form: URLSearchParams): Promise<void> {
    const asked = new URLSearchParams({
      Action: 'CreateTags',
      Version: form.get('Version') ?? '',
      'ResourceId.1': resource,
    })
    const tags = /^TagSpecification\.(\d+)\.Tag\.(\d+)\.(Key|Value)$/
    for (const [name, value] of form) {
      const [, specification, tag, part] = tags.exec(name) ?? []
      if (specification === undefined) continue
      if (form.get(`TagSpecification.${specification}.ResourceType`) === 'image') asked.set(`Tag.${tag}.${part}`, value)
    }
    const { status, body } = await passOn({ ...request, body: Buffer.from(`${asked}`) }, { port, tls: false })
    if (status !== 200) throw new Error(`CreateTags: ${body}`)
  }

  async function ofEc2(request: Request, form: URLSearchParams): Promise<Answer> {
    const action = form.get('Action') ?? ''
    const asked = action === 'ModifySnapshotAttribute' ? olderForm(form) : form
    const answer = await passOn({ ...request, body: Buffer.from(`${asked}`) }, { port, tls: false })
    const text = answer.body.toString()
    if (action === 'DescribeSnapshots') return { ...answer, body: pendingIn(text, pending) }
    if (answer.status !== 200 || /^(Describe|Get|List)/.test(action)) return answer
    changes.push(action)
    if (action === 'RegisterImage') registered.push(form.get('BlockDeviceMapping.1.Ebs.SnapshotId') ?? '')
    const image = /<imageId>(ami-\w+)<\/imageId>/.exec(text)?.[1]
    if (image !== undefined && (action === 'RegisterImage' || action === 'CopyImage'))
      await alsoTag(request, image, form)
    return answer
  }

  async function respond(request: Request, message: IncomingMessage): Promise<Answer | undefined> {
    const form = new URLSearchParams(request.body.toString('latin1'))
    if (form.has('Action')) return ofEc2(request, form)
    if (request.method === 'PUT' && mayPass !== undefined && mayPass-- <= 0) {
      waiting.add(message)
      return undefined
    }
    const target = request.headers['x-amz-target']
    if (typeof target !== 'string' || !target.includes('.Get'))
      changes.push(`${request.method} ${target ?? request.target}`)
    const answer = await passOn(request, { port, tls: false })
    if (answer.status >= 300) return answer
    if (/^\/snapshots\/?$/.test(request.target)) pending.add(String(JSON.parse(answer.body.toString()).SnapshotId))
    pending.delete(/^\/snapshots\/completion\/([\w-]+)$/.exec(request.target)?.[1] ?? '')
    return answer
  }

  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk)
    const { method = 'GET', url: target = '/', headers } = message
    const { pathname: path, searchParams: query } = new URL(target, 'http://moto')
    const host = headers.host ?? ''
    const answer = await respond({ method, host, path, target, query, headers, body: Buffer.concat(chunks) }, message)
    if (answer === undefined) return
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) })
    response.end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    registered: () => [...registered],
    changes: () => [...changes],
    holdBlocksAfter(count) {
      mayPass = count
      for (const message of waiting) message.socket.destroy()
      waiting.clear()
    },
    held: () => waiting.size,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** One operation on permissions, as https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html has it (2026-11). */
function olderForm(form: URLSearchParams): URLSearchParams {
  const older = new URLSearchParams()
  for (const [name, value] of form) {
    const [, operation, index, member] =
      /^CreateVolumePermission\.(Add|Remove)\.(\d+)\.(UserId|Group)$/.exec(name) ?? []
    older.set(operation === undefined ? name : `${member === 'Group' ? 'UserGroup' : member}.${index}`, value)
    if (operation === undefined) continue
    if (![null, operation.toLowerCase()].includes(older.get('OperationType'))) throw new Error('two operations at once')
    older.set('OperationType', operation.toLowerCase())
  }
  return older
}

/** An answer to DescribeSnapshots, in which nobody has completed these. */
function pendingIn(xml: string, pending: ReadonlySet<string>): string {
  const status = /(<snapshotId>(snap-\w+)<\/snapshotId>(?:(?!<snapshotId>).)*?<status>)completed</gs
  return xml.replace(status, (told, before: string, id: string) => (pending.has(id) ? `${before}pending<` : told))
}
