import type { IncomingMessage, ServerResponse } from 'node:http'
import type { InstanceRecord } from './records.ts'
import { account } from './signature.ts'

/** Entries and their values, in the order they are listed. */
interface Tree {
  readonly [name: string]: string | Tree
}

function treeOf(instance: InstanceRecord, openssh: string | undefined, publicAddress: string): Tree {
  const { id, hostName, imageId, instanceType, mac, privateAddress, region, zone, vpcId, vswitchId } = instance
  return {
    'meta-data': {
      eipv4: publicAddress,
      hostname: hostName,
      'image-id': imageId,
      instance: { 'instance-name': instance.name, 'instance-type': instanceType },
      'instance-id': id,
      mac,
      network: {
        interfaces: {
          macs: {
            [mac]: {
              'network-interface-id': id.replace(/^i-/, 'eni-'),
              'primary-ip-address': privateAddress,
              'private-ipv4s': JSON.stringify([privateAddress]),
              'vpc-id': vpcId,
              'vswitch-id': vswitchId,
            },
          },
        },
      },
      'network-type': 'vpc',
      'owner-account-id': account,
      'private-ipv4': privateAddress,
      ...(openssh && { 'public-keys': { '0': { 'openssh-key': openssh } } }),
      'region-id': region,
      'serial-number': id,
      'vpc-id': vpcId,
      'vswitch-id': vswitchId,
      'zone-id': zone,
    },
    ...(instance.userData && { 'user-data': Buffer.from(instance.userData, 'base64').toString('utf8') }),
  }
}

/**
 * The metadata service of one instance, in its unauthenticated form.
 * https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata (2026-11). Not served: tokens, credentials of
 * RAM roles, and the identity document.
 */
export function metadataHandler(
  instance: InstanceRecord,
  openssh: string | undefined,
  publicAddress: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  const tree = treeOf(instance, openssh, publicAddress)
  const root: Tree = { latest: tree, '2016-01-01': tree }
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://100.100.100.200')
    const answer = (status: number, body: string): void => {
      const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Method Not Allowed')
    const found = pathname
      .split('/')
      .filter(Boolean)
      .reduce<Tree[string] | undefined>((at, name) => {
        return typeof at === 'object' && Object.hasOwn(at, name) ? at[name] : undefined
      }, root)
    if (found === undefined) return answer(404, 'Not Found')
    if (typeof found === 'string') return answer(200, found)
    const lines = Object.entries(found).map(([name, value]) => `${name}${typeof value === 'string' ? '' : '/'}`)
    return answer(200, lines.join('\n'))
  }
}
