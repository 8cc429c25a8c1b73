import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { CreateTagsCommand, EC2Client, ModifySnapshotAttributeCommand } from '@aws-sdk/client-ec2'
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
  /** Requests so far that were refused, by status and message. */
  refused(): readonly string[]
  /** Leaves all blocks of snapshots but this many without an answer; from now on none, when undefined. */
  holdBlocksAfter(count: number | undefined): void
  /** How many blocks are without an answer. */
  held(): number
  close(): Promise<void>
}

/**
 * Every request reaches moto as it was signed. What moto 5.2 does in another way than AWS is mended by further ones:
 *
 * - a snapshot is `completed` for it before CompleteSnapshot was called. EC2 tells `pending` until then:
 *   https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-create-snapshot.html (2026-11);
 * - it takes the permissions of a snapshot only in the older of the two forms that EC2 has for them (`UserId.1`);
 * - it forgets the tags that RegisterImage and CopyImage give, and the snapshot that RegisterImage names.
 *
 * Not mended, and not tried here: it checks no checksum of a block or of all, and no token; it makes a snapshot of its own
 * for each image and shows that; of an image it keeps name and description alone (no architecture, no boot mode, no IMDS);
 * a copy is there at once, with nothing in it; it has no blocking of public images (HTTP 500).
 *
 * @param credentials of one who may do all, for the further requests
 */
export async function openMended(
  port: number,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<Mended> {
  const pending = new Set<string>()
  const registered: string[] = []
  const changes: string[] = []
  const refused: string[] = []
  const waiting = new Set<IncomingMessage>()
  let mayPass: number | undefined

  /** EC2 of the region that a request was signed for. */
  const ec2Of = ({ headers }: Request): EC2Client => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? ''
    return new EC2Client({ region, endpoint: `http://127.0.0.1:${port}`, credentials })
  }

  async function ofEc2(request: Request, form: URLSearchParams, answer: Answer): Promise<Answer> {
    const action = form.get('Action') ?? ''
    const text = answer.body.toString()
    if (action === 'DescribeSnapshots') return { ...answer, body: pendingIn(text, pending) }
    if (/^(Describe|Get|List)/.test(action)) return answer
    changes.push(action)
    if (action === 'ModifySnapshotAttribute')
      for (const change of olderForms(form)) await ec2Of(request).send(new ModifySnapshotAttributeCommand(change))
    if (action === 'RegisterImage') registered.push(form.get('BlockDeviceMapping.1.Ebs.SnapshotId') ?? '')
    const image = /<imageId>(ami-\w+)<\/imageId>/.exec(text)?.[1]
    if (image !== undefined && (action === 'RegisterImage' || action === 'CopyImage'))
      await ec2Of(request).send(new CreateTagsCommand({ Resources: [image], Tags: imageTags(form) }))
    return answer
  }

  async function respond(request: Request, message: IncomingMessage): Promise<Answer | undefined> {
    const { method, target, headers } = request
    if (method === 'PUT' && mayPass !== undefined && mayPass-- <= 0) {
      waiting.add(message)
      return undefined
    }
    const answer = await passOn(request, { port, tls: false })
    if (answer.status >= 400) refused.push(`${answer.status} ${answer.body}`)
    if (answer.status >= 300) return answer
    const form = new URLSearchParams(request.body.toString('latin1'))
    if (form.has('Action')) return ofEc2(request, form, answer)
    const { 'x-amz-target': operation = `${method} ${target}` } = headers
    if (!operation.includes('.Get')) changes.push(String(operation))
    if (/^\/snapshots\/?$/.test(target)) pending.add(String(JSON.parse(answer.body.toString()).SnapshotId))
    pending.delete(/^\/snapshots\/completion\/([\w-]+)$/.exec(target)?.[1] ?? '')
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
    refused: () => [...refused],
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

/** Operations on permissions, as https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html had them first (2026-11). */
function olderForms(form: URLSearchParams) {
  const named = (operation: string, member: string): string[] =>
    [...form]
      .filter(([name]) => new RegExp(`^CreateVolumePermission\\.${operation}\\.\\d+\\.${member}$`).test(name))
      .map(([, value]) => value)
  return (['Add', 'Remove'] as const).map((operation) => ({
    SnapshotId: form.get('SnapshotId') ?? '',
    Attribute: 'createVolumePermission' as const,
    OperationType: operation === 'Add' ? ('add' as const) : ('remove' as const),
    UserIds: named(operation, 'UserId'),
    GroupNames: named(operation, 'Group'),
  }))
}

/** The tags that a request gives an image. */
function imageTags(form: URLSearchParams): { Key: string; Value: string }[] {
  return [...form].flatMap(([name, key]) => {
    const [, specification, tag] = /^TagSpecification\.(\d+)\.Tag\.(\d+)\.Key$/.exec(name) ?? []
    const isImage = form.get(`TagSpecification.${specification}.ResourceType`) === 'image'
    const value = form.get(`TagSpecification.${specification}.Tag.${tag}.Value`)
    return isImage && value !== null ? [{ Key: key, Value: value }] : []
  })
}

/** An answer to DescribeSnapshots, in which nobody has completed these. */
function pendingIn(xml: string, pending: ReadonlySet<string>): string {
  const status = /(<snapshotId>(snap-\w+)<\/snapshotId>(?:(?!<snapshotId>).)*?<status>)completed</gs
  return xml.replace(status, (told, before: string, id: string) => (pending.has(id) ? `${before}pending<` : told))
}
