import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Json } from '../kit/json.ts'
import { objectIn } from '../kit/json.ts'
import { privateAddressOf } from './network.ts'
import type { ResourceRecord } from './records.ts'
import { partsOf } from './resource-ids.ts'

function instanceOf(resource: ResourceRecord, card: ResourceRecord, publicAddress: string | undefined): Json {
  const { subscription, group } = partsOf(resource.id)
  const hardware = objectIn(resource.properties.hardwareProfile)
  const { vmId = '', user = '', keys = [] } = resource.machine ?? {}
  const path = `/home/${user}/.ssh/authorized_keys`
  const ipAddress = [{ privateIpAddress: privateAddressOf(card), publicIpAddress: publicAddress ?? '' }]
  return {
    compute: {
      azEnvironment: 'AzurePublicCloud',
      location: resource.location,
      name: resource.name,
      osProfile: { adminUsername: user, computerName: resource.name, disablePasswordAuthentication: 'true' },
      osType: 'Linux',
      provider: 'Microsoft.Compute',
      publicKeys: keys.map((keyData) => ({ keyData, path })),
      resourceGroupName: group,
      resourceId: resource.id,
      subscriptionId: subscription,
      tagsList: Object.entries(resource.tags).map(([name, value]) => ({ name, value })),
      vmId,
      vmSize: hardware.vmSize,
    },
    network: {
      interface: [
        {
          ipv4: { ipAddress, subnet: [{ address: '10.0.0.0', prefix: '24' }] },
          ipv6: { ipAddress: [] },
          macAddress: String(card.properties.macAddress).replaceAll('-', ''),
        },
      ],
    },
  }
}

/**
 * The metadata service of one instance. Every request must carry `Metadata: true` and an `api-version`, and must not come
 * through a proxy. https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service (2026-11). Not served:
 * tokens of managed identities, attested data, and events.
 */
export function metadataHandler(
  resource: ResourceRecord,
  card: ResourceRecord,
  publicAddress: string | undefined,
): (request: IncomingMessage, response: ServerResponse) => void {
  const root = { metadata: { instance: instanceOf(resource, card, publicAddress) } }
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://169.254.169.254')
    const answer = (status: number, value: unknown): void => {
      const text = typeof value === 'string' && searchParams.get('format') === 'text'
      const body = text ? value : JSON.stringify(value)
      const headers = { 'content-type': text ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8' }
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
    }
    if (request.method !== 'GET') return answer(405, { error: 'Method not allowed' })
    if (request.headers.metadata !== 'true' || request.headers['x-forwarded-for'] !== undefined)
      return answer(400, { error: 'Bad request. Required metadata header not specified' })
    if (!/^\d{4}-\d{2}-\d{2}$/.test(searchParams.get('api-version') ?? ''))
      return answer(400, { error: 'Bad request. api-version is invalid or was not specified in the request.' })
    const found = pathname
      .split('/')
      .filter(Boolean)
      .reduce<unknown>(
        (tree, name) => (typeof tree === 'object' && tree !== null ? Reflect.get(tree, name) : undefined),
        root,
      )
    return found === undefined ? answer(404, { error: 'Not found' }) : answer(200, found)
  }
}
