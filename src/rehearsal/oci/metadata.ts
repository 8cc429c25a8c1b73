import type { IncomingMessage, ServerResponse } from 'node:http'
import { tenancy } from './api-key.ts'
import { cidrBlock } from './network.ts'
import type { InstanceRecord } from './records.ts'

type Value = string | number | readonly Value[] | { readonly [name: string]: Value }

function treeOf(instance: InstanceRecord): Value {
  const { id, region, availabilityDomain, compartmentId, displayName, hostname, imageId, metadata, shape } = instance
  const { ocpus, memoryInGBs, createdAt, vnicId, privateAddress, mac, freeformTags } = instance
  return {
    instance: {
      ...{
        availabilityDomain,
        ociAdName: availabilityDomain,
        faultDomain: 'FAULT-DOMAIN-1',
        compartmentId,
        displayName,
      },
      ...{ hostname, id, image: imageId, metadata, region, canonicalRegionName: region, shape, state: 'Running' },
      shapeConfig: { ocpus, memoryInGBs },
      regionInfo: { realmKey: 'oc1', realmDomainComponent: 'oraclecloud.com', regionIdentifier: region },
      tenantId: tenancy,
      timeCreated: createdAt,
      freeformTags,
    },
    vnics: [
      {
        vnicId,
        privateIp: privateAddress,
        vlanTag: 1,
        macAddr: mac,
        virtualRouterIp: '10.0.0.1',
        subnetCidrBlock: cidrBlock,
      },
    ],
  }
}

function at(tree: Value | undefined, names: readonly string[]): Value | undefined {
  return names.reduce<Value | undefined>((value, name) => {
    if (typeof value !== 'object') return undefined
    return Object.hasOwn(value, name) ? (Reflect.get(value, name) as Value) : undefined // trees hold nothing else
  }, tree)
}

/**
 * The metadata service of one instance, version 2: each request carries `Authorization: Bearer Oracle` and was not
 * forwarded. Version 1 is there unless it is disabled. Not served: certificates of instance principals.
 * https://docs.oracle.com/iaas/Content/Compute/Tasks/gettingmetadata.htm (2026-11)
 */
export function metadataHandler(
  instance: InstanceRecord,
): (request: IncomingMessage, response: ServerResponse) => void {
  const tree = treeOf(instance)
  return (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain'): void => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
    }
    const { pathname } = new URL(request.url ?? '/', 'http://169.254.169.254')
    const [opc, version, ...names] = pathname.split('/').filter(Boolean)
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Method Not Allowed')
    if (opc !== 'opc' || (version !== 'v1' && version !== 'v2')) return answer(404, 'Not Found')
    if (version === 'v1' && instance.legacyImdsDisabled) return answer(404, 'Not Found')
    const { authorization, forwarded, ...headers } = request.headers
    if (version === 'v2' && authorization !== 'Bearer Oracle') return answer(401, 'Unauthorized')
    if (version === 'v2' && (forwarded ?? headers['x-forwarded-for'] ?? headers['x-forwarded-host']) !== undefined)
      return answer(403, 'Forbidden')
    const value = at(tree, names)
    if (value === undefined || names.length === 0) return answer(404, 'Not Found')
    if (typeof value !== 'object') return answer(200, String(value))
    return answer(200, JSON.stringify(value, undefined, 2), 'application/json')
  }
}
