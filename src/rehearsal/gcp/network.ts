import { type Json, textIn, textsIn } from '../kit/json.ts'
import { freeLoopback } from '../kit/loopback.ts'
import type { Call, Operations } from './call.ts'
import { gcpError, notFound } from './gcp-error.ts'
import { nameIn, pathIn } from './input.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { begun, newId } from './operations.ts'
import { addressBlock } from './places.ts'
import type { FirewallRecord } from './records.ts'

/** A free address in a region's part of the default network. */
export function freePrivateAddress({ world }: Call, region: string): string {
  const taken = new Set(Object.values(world.records.instances).map((one) => one.privateAddress))
  const address = Array.from({ length: 250 }, (_, index) => `${addressBlock(region)}.0.${index + 2}`).find(
    (one) => !taken.has(one),
  )
  if (address === undefined) throw gcpError('quotaExceeded', 'The default network has no free address.')
  return address
}

/** A loopback address that stands for an external one.  */
export function freePublicAddress({ world }: Call): string {
  const taken = new Set(Object.values(world.records.instances).map((one) => one.publicAddress))
  const address = freeLoopback(world.loopback, taken)
  if (address === undefined) throw gcpError('quotaExceeded', "Quota 'IN_USE_ADDRESSES' exceeded.")
  return address
}

/** The path of a network, which can only be the default one. */
export function networkIn(value: unknown, project: string): string {
  const path = pathIn(textIn(value) ?? 'global/networks/default', project)
  if (!path.endsWith('/global/networks/default')) throw notFound(path)
  return path
}

/** The path of a region's part of the default network. */
export function subnetworkIn(value: unknown, project: string, region: string): string {
  const path = pathIn(textIn(value) ?? `regions/${region}/subnetworks/default`, project)
  if (!path.endsWith(`/regions/${region}/subnetworks/default`)) throw notFound(path)
  return path
}

function insertFirewall({ at, body, world, now, path }: Call): FirewallRecord {
  const project = at.project ?? ''
  const name = nameIn(body)
  const own = `${path}/${name}`
  if (world.records.firewalls[own] !== undefined)
    throw gcpError('alreadyExists', `The resource '${own}' already exists`)
  const sourceRanges = textsIn(body.sourceRanges)
  if (new Set(sourceRanges.map((range) => range.includes(':'))).size > 1)
    throw gcpError(
      'invalid',
      "Invalid value for field 'resource.sourceRanges': IPv4 and IPv6 ranges cannot be in one rule.",
    )
  const description = textIn(body.description)
  return {
    id: newId(),
    path: own,
    name,
    project,
    createdAt: now,
    network: networkIn(body.network, project),
    direction: textIn(body.direction) ?? 'INGRESS',
    priority: Number(body.priority ?? 1000),
    sourceRanges,
    targetTags: textsIn(body.targetTags),
    allowed: Array.isArray(body.allowed) ? body.allowed : [],
    ...(description && { description }),
  }
}

function firewallOutput(rule: FirewallRecord): Json {
  const { id, name, path, network, direction, priority, sourceRanges, targetTags, allowed, description } = rule
  const creationTimestamp = new Date(rule.createdAt).toISOString()
  const words = { id, name, description, direction, priority, sourceRanges, targetTags, allowed, creationTimestamp }
  return { kind: 'compute#firewall', ...words, network: urlOf(network), selfLink: urlOf(path) }
}

const firewalls = 'projects/:project/global/firewalls'

/** https://cloud.google.com/compute/docs/reference/rest/v1/firewalls and what there is of a project's default network. */
export const networkOperations: Operations = {
  'compute.firewalls.list': {
    pattern: `GET ${firewalls}`,
    permissions: ['compute.firewalls.list'],
    query: listQuery,
    run: (call) => listed(call, 'compute#firewallList', Object.values(call.world.records.firewalls), firewallOutput),
  },
  'compute.firewalls.insert': {
    pattern: `POST ${firewalls}`,
    permissions: ['compute.firewalls.create', 'compute.networks.updatePolicy'],
    query: ['requestId'],
    body: ['name', 'description', 'network', 'direction', 'priority', 'sourceRanges', 'targetTags', 'allowed'],
    run: (call) =>
      begun(call, 'insert', () => {
        const rule = insertFirewall(call)
        call.world.records.firewalls[rule.path] = rule
        return rule
      }),
  },
  'compute.firewalls.delete': {
    pattern: `DELETE ${firewalls}/:name`,
    permissions: ['compute.firewalls.delete', 'compute.networks.updatePolicy'],
    query: ['requestId'],
    run: (call) =>
      begun(call, 'delete', () => {
        const { world, path } = call
        const rule = world.records.firewalls[path]
        if (rule === undefined) throw notFound(path)
        delete world.records.firewalls[path]
        return rule
      }),
  },
  'compute.subnetworks.get': {
    pattern: 'GET projects/:project/regions/:region/subnetworks/:name',
    permissions: ['compute.subnetworks.get'],
    run: ({ at, path }) => {
      const { project = '', region = '', name = '' } = at
      if (name !== 'default') throw notFound(path)
      const ipCidrRange = `${addressBlock(region)}.0.0/20`
      const network = urlOf(`projects/${project}/global/networks/default`)
      return { kind: 'compute#subnetwork', name, ipCidrRange, network, selfLink: urlOf(path) }
    },
  },
}
