import { type Json, objectIn, objectsIn, textIn } from '../kit/json.ts'
import { freeLoopback } from '../kit/loopback.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { begun } from './operations.ts'
import type { ResourceRecord } from './records.ts'
import { keyOf, partsOf } from './resource-ids.ts'
import { findResource, forget, keep, placedIn, resourceOutput, resourcesOf } from './resource-store.ts'
import { durationsMs } from './states.ts'

const type = {
  address: 'Microsoft.Network/publicIPAddresses',
  card: 'Microsoft.Network/networkInterfaces',
  group: 'Microsoft.Network/networkSecurityGroups',
  network: 'Microsoft.Network/virtualNetworks',
} as const

/** Makes or changes a resource of a type from the body of a PUT. */
export type Maker = (call: Call, id: string, body: Json) => Promise<ResourceRecord> | ResourceRecord

function plain(call: Call, id: string, kind: string, body: Json, properties: Json): ResourceRecord {
  const sku = objectIn(body.sku)
  const placed = placedIn(call, id, kind, body)
  const made = {
    ...placed,
    readyAt: call.now + durationsMs.network,
    properties,
    ...(sku.name !== undefined && { sku }),
  }
  keep(call, made)
  return made
}

/** A loopback address that stands for a public one. */
function freeAddress(call: Call, id: string): string {
  const earlier = call.world.records.resources[keyOf(id)]?.properties.ipAddress
  if (typeof earlier === 'string') return earlier
  const taken = new Set(resourcesOf(call, { type: type.address }).map(({ properties }) => properties.ipAddress))
  const address = freeLoopback(call.world.loopback, taken)
  if (address === undefined)
    throw azureError(
      409,
      'PublicIPCountLimitReached',
      'Cannot create more than 250 public IP addresses for this subscription.',
    )
  return address
}

function makeAddress(call: Call, id: string, body: Json): ResourceRecord {
  const asked = objectIn(body.properties)
  const label = textIn(objectIn(asked.dnsSettings).domainNameLabel)
  const { location } = placedIn(call, id, type.address, body)
  return plain(call, id, type.address, body, {
    publicIPAllocationMethod: textIn(asked.publicIPAllocationMethod) ?? 'Dynamic',
    publicIPAddressVersion: 'IPv4',
    idleTimeoutInMinutes: 4,
    ipAddress: freeAddress(call, id),
    ...(label && { dnsSettings: { domainNameLabel: label, fqdn: `${label}.${location}.cloudapp.azure.com` } }),
  })
}

function makeSecurityGroup(call: Call, id: string, body: Json): ResourceRecord {
  const rules = objectsIn(objectIn(body.properties).securityRules)
  const securityRules = rules.map((rule) => ({ ...rule, id: `${id}/securityRules/${rule.name}` }))
  return plain(call, id, type.group, body, { securityRules, defaultSecurityRules: [] })
}

function makeNetwork(call: Call, id: string, body: Json): ResourceRecord {
  const asked = objectIn(body.properties)
  const subnets = objectsIn(asked.subnets).map((subnet) => {
    const properties = objectIn(subnet.properties)
    const group = textIn(objectIn(properties.networkSecurityGroup).id)
    if (group !== undefined) findResource(call, group)
    return {
      ...subnet,
      id: `${id}/subnets/${subnet.name}`,
      properties: { ...properties, provisioningState: 'Succeeded' },
    }
  })
  return plain(call, id, type.network, body, { addressSpace: objectIn(asked.addressSpace), subnets })
}

/** The subnet of an id, with its network. */
function subnetOf(call: Call, id: string): Json {
  const [, networkId = '', name = ''] = /^(.+)\/subnets\/([^/]+)$/i.exec(id) ?? []
  const network = findResource(call, networkId)
  const found = objectsIn(network.properties.subnets).find((subnet) => keyOf(String(subnet.name)) === keyOf(name))
  if (found === undefined) throw notFound(id)
  return found
}

function freePrivateAddress(call: Call, id: string, subnet: string): string {
  const earlier = call.world.records.resources[keyOf(id)]
  if (earlier !== undefined) return privateAddressOf(earlier)
  const prefix = textIn(objectIn(subnetOf(call, subnet).properties).addressPrefix) ?? '10.0.0.0/24'
  const start = prefix.replace(/\.\d+\/\d+$/, '')
  const taken = new Set(resourcesOf(call, { type: type.card }).map(privateAddressOf))
  // Azure keeps the first four addresses of a subnet for itself.
  const address = Array.from({ length: 240 }, (_, index) => `${start}.${index + 4}`).find((one) => !taken.has(one))
  if (address === undefined) throw azureError(400, 'SubnetIsFull', `Subnet ${subnet} does not have enough capacity.`)
  return address
}

function configurationOf(card: ResourceRecord): Json {
  return objectIn(objectIn(objectsIn(card.properties.ipConfigurations)[0]).properties)
}

/** The address in its network of a network interface. */
export function privateAddressOf(card: ResourceRecord): string {
  return textIn(configurationOf(card).privateIPAddress) ?? ''
}

/** The public address of a network interface. */
export function publicAddressOf(call: Pick<Call, 'world'>, card: ResourceRecord): string | undefined {
  const id = textIn(objectIn(configurationOf(card).publicIPAddress).id)
  return id === undefined ? undefined : textIn(call.world.records.resources[keyOf(id)]?.properties.ipAddress)
}

function makeCard(call: Call, id: string, body: Json): ResourceRecord {
  const asked = objectIn(body.properties)
  const [configuration, ...others] = objectsIn(asked.ipConfigurations)
  if (configuration === undefined) throw invalid('A network interface must have an IP configuration.')
  if (others.length > 0) throw notImplemented('more than one IP configuration of a network interface')
  const wanted = objectIn(configuration.properties)
  const subnet = textIn(objectIn(wanted.subnet).id) ?? ''
  subnetOf(call, subnet)
  call.check('Subnets.Join', 'Microsoft.Network/virtualNetworks/subnets/join/action')
  const address = textIn(objectIn(wanted.publicIPAddress).id)
  if (address !== undefined) {
    findResource(call, address)
    call.check('PublicIPAddresses.Join', 'Microsoft.Network/publicIPAddresses/join/action')
  }
  const group = textIn(objectIn(asked.networkSecurityGroup).id)
  if (group !== undefined) {
    findResource(call, group)
    call.check('NetworkSecurityGroups.Join', 'Microsoft.Network/networkSecurityGroups/join/action')
  }
  const properties = {
    privateIPAllocationMethod: 'Dynamic',
    privateIPAddressVersion: 'IPv4',
    primary: true,
    ...wanted,
    privateIPAddress: freePrivateAddress(call, id, subnet),
    provisioningState: 'Succeeded',
  }
  const name = textIn(configuration.name) ?? 'ipconfig'
  return plain(call, id, type.card, body, {
    ...(group && { networkSecurityGroup: { id: group } }),
    ipConfigurations: [{ id: `${id}/ipConfigurations/${name}`, name, properties }],
    primary: true,
    macAddress: macOf(id),
  })
}

/** A MAC address of Microsoft's, always the same for the same interface. */
function macOf(id: string): string {
  const sum = [...Buffer.from(id)].reduce((total, byte) => (total * 31 + byte) % 2 ** 24, 7)
  const hex = sum.toString(16).padStart(6, '0').toUpperCase()
  return `00-0D-3A-${hex.slice(0, 2)}-${hex.slice(2, 4)}-${hex.slice(4)}`
}

/** How resources of networks are made, by their type in lower case. */
export const networkMakers: Readonly<Record<string, { readonly operation: string; readonly make: Maker }>> = {
  [type.address.toLowerCase()]: { operation: 'PublicIPAddresses.CreateOrUpdate', make: makeAddress },
  [type.card.toLowerCase()]: { operation: 'NetworkInterfaces.CreateOrUpdate', make: makeCard },
  [type.group.toLowerCase()]: { operation: 'NetworkSecurityGroups.CreateOrUpdate', make: makeSecurityGroup },
  [type.network.toLowerCase()]: { operation: 'VirtualNetworks.CreateOrUpdate', make: makeNetwork },
}

/** What still uses a resource: the first that names it. */
function userOf(call: Pick<Call, 'world'>, resource: ResourceRecord): ResourceRecord | undefined {
  const own = `"${keyOf(resource.id)}`
  return Object.values(call.world.records.resources).find(({ id, properties, machine }) => {
    if (keyOf(id) === keyOf(resource.id)) return false
    const said = JSON.stringify([properties, machine?.networkInterface, machine?.disk]).toLowerCase()
    return said.includes(`${own}"`) || said.includes(`${own}/subnets/`)
  })
}

function operationsOf(kind: string, names: string, make: Maker): Operations {
  const [provider = '', plural = ''] = kind.split('/')
  const all = `subscriptions/:subscription/resourceGroups/:group/providers/${provider}/${plural}`
  return {
    [`${names}.List`]: {
      pattern: `GET ${all}`,
      actions: [`${kind}/read`],
      run: (call) => {
        const found = resourcesOf(call, { group: call.at.group ?? '', type: kind })
        return ok({ value: found.map((one) => resourceOutput(one, call.now)) })
      },
    },
    [`${names}.ListAll`]: {
      pattern: `GET subscriptions/:subscription/providers/${provider}/${plural}`,
      actions: [`${kind}/read`],
      run: (call) => {
        const found = resourcesOf(call, { subscription: call.at.subscription ?? '', type: kind })
        return ok({ value: found.map((one) => resourceOutput(one, call.now)) })
      },
    },
    [`${names}.Get`]: {
      pattern: `GET ${all}/:name`,
      actions: [`${kind}/read`],
      query: ['$expand'],
      run: (call) => ok(resourceOutput(findResource(call, call.id), call.now)),
    },
    [`${names}.CreateOrUpdate`]: {
      pattern: `PUT ${all}/:name`,
      actions: [`${kind}/write`],
      async run(call) {
        const isNew = call.world.records.resources[keyOf(call.id)] === undefined
        const made = await make(call, call.id, call.body)
        return begun(call, { status: isNew ? 201 : 200, body: resourceOutput(made, call.now) })
      },
    },
    [`${names}.Delete`]: {
      pattern: `DELETE ${all}/:name`,
      actions: [`${kind}/delete`],
      tooEarly: (call) => {
        const found = call.world.records.resources[keyOf(call.id)]
        return found !== undefined && userOf(call, found) !== undefined
      },
      run: (call) => {
        const found = call.world.records.resources[keyOf(call.id)]
        if (found === undefined) return { status: 204 }
        const user = userOf(call, found)
        if (user !== undefined)
          throw azureError(
            400,
            'InUse',
            `${partsOf(found.id).type} ${found.id} is in use by ${user.id} and cannot be deleted.`,
          )
        forget(call, call.id)
        return begun(call, { status: 202 })
      },
    },
  }
}

/** https://learn.microsoft.com/rest/api/virtualnetwork (2026-11) */
export const networkOperations: Operations = {
  ...operationsOf(type.address, 'PublicIPAddresses', makeAddress),
  ...operationsOf(type.card, 'NetworkInterfaces', makeCard),
  ...operationsOf(type.group, 'NetworkSecurityGroups', makeSecurityGroup),
  ...operationsOf(type.network, 'VirtualNetworks', makeNetwork),
  'Subnets.List': {
    pattern:
      'GET subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Network/virtualNetworks/:name/subnets',
    actions: ['Microsoft.Network/virtualNetworks/subnets/read'],
    run: (call) => {
      const network = findResource(call, call.id.replace(/\/subnets$/i, ''))
      return ok({ value: objectsIn(network.properties.subnets) })
    },
  },
}
