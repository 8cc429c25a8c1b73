import type { IncomingMessage, ServerResponse } from 'node:http'
import { internalName } from './instance-machine.ts'
import type { InstanceRecord } from './records.ts'

/** Entries and their values, in the order they are listed. */
interface Tree {
  readonly [name: string]: string | Tree
}

function treeOf(instance: InstanceRecord): Tree {
  const { id, name, zone, project, machineType, metadata, privateAddress, publicAddress, mac, networkTags } = instance
  const number = '123456789012'
  return {
    instance: {
      attributes: metadata,
      hostname: internalName(instance),
      id,
      'machine-type': `projects/${number}/machineTypes/${machineType}`,
      name,
      'network-interfaces': {
        '0': {
          'access-configs': { '0': { 'external-ip': publicAddress, type: 'ONE_TO_ONE_NAT' } },
          ip: privateAddress,
          mac,
          network: `projects/${number}/networks/default`,
        },
      },
      tags: JSON.stringify(networkTags),
      zone: `projects/${number}/zones/${zone}`,
    },
    project: { attributes: {}, 'numeric-project-id': number, 'project-id': project },
  }
}

/**
 * The metadata server of one instance. Every request must carry `Metadata-Flavor: Google` and must not come through a
 * proxy. https://cloud.google.com/compute/docs/metadata/querying-metadata (2026-11). Not served: tokens of service
 * accounts, guest attributes, and waiting for a change.
 */
export function metadataHandler(
  instance: InstanceRecord,
): (request: IncomingMessage, response: ServerResponse) => void {
  const root: Tree = { computeMetadata: { v1: treeOf(instance) } }
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://metadata.google.internal')
    const answer = (status: number, body: string, type = 'application/text'): void => {
      const headers = { 'metadata-flavor': 'Google', 'content-type': type, server: 'Metadata Server for VM' }
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Method Not Allowed')
    if (pathname === '/') return answer(200, 'computeMetadata/\n')
    if (request.headers['metadata-flavor'] !== 'Google' || request.headers['x-forwarded-for'] !== undefined)
      return answer(403, 'Missing Metadata-Flavor:Google header.')
    const found = pathname
      .split('/')
      .filter(Boolean)
      .reduce<Tree[string] | undefined>((tree, name) => {
        return typeof tree === 'object' && Object.hasOwn(tree, name) ? tree[name] : undefined
      }, root)
    if (found === undefined) return answer(404, 'Not Found')
    if (typeof found === 'string') return answer(200, found)
    // Google asks for any true value and answers JSON.
    if (/^true$/i.test(searchParams.get('recursive') ?? ''))
      return answer(200, JSON.stringify(found), 'application/json')
    const lines = Object.entries(found).map(([name, value]) => `${name}${typeof value === 'string' ? '' : '/'}\n`)
    return answer(200, lines.join(''))
  }
}
