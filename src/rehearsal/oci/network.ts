import type { Json } from '../kit/json.ts'
import { freeLoopback } from '../kit/loopback.ts'
import type { Call, Operations } from './call.ts'
import { notFound, ociError } from './oci-error.ts'
import type { InstanceRecord } from './records.ts'
import type { Region } from './regions.ts'
import { listedCompartment, pageOf } from './resource.ts'
import { anywhere } from './statements.ts'

/** The block of the one network there is in each region, and of each subnet in it. */
export const cidrBlock = '10.0.0.0/24'

/** The OCID of the one network of a region. */
export function vcnOf({ key }: Region): string {
  return `ocid1.vcn.oc1.${key}.aaaaaaaarehearsed`.padEnd(80, 'a')
}

/** A subnet's OCID; any of the region is a public subnet of the tenancy. */
export function checkSubnet(call: Pick<Call, 'region'>, id: string): string {
  return ofRegion(call, 'subnet', id)
}

/** A group that was made, or any other of the region: then it is the user's own. */
export function checkGroup(call: Pick<Call, 'region'>, id: string): string {
  return ofRegion(call, 'networksecuritygroup', id)
}

function ofRegion({ region }: Pick<Call, 'region'>, kind: string, id: string): string {
  if (!new RegExp(`^ocid1\\.${kind}\\.oc1\\.${region.key}\\.[a-z0-9]+$`).test(id)) throw notFound()
  return id
}

/** A free address in the network, and a loopback address that stands for a public one. */
export function freeAddresses({ world }: Call): Pick<InstanceRecord, 'privateAddress' | 'publicAddress'> {
  const live = Object.values(world.records.instances).filter(({ terminatedAt }) => terminatedAt === undefined)
  // The first of the network is its router's.
  const taken = new Set([
    '10.0.0.1',
    ...live.flatMap(({ privateAddress, publicAddress }) => [privateAddress, publicAddress]),
  ])
  const free = (block: string): string => {
    const address = freeLoopback(block, taken)
    if (address === undefined) throw ociError('LimitExceeded', 'The subnet has no free address.')
    return address
  }
  return { privateAddress: free('10.0.0'), publicAddress: free(world.loopback) }
}

function instancesOf({ world, region }: Call): readonly InstanceRecord[] {
  return Object.values(world.records.instances).filter((one) => one.region === region.name)
}

function attachmentOutput(instance: InstanceRecord): Json {
  const { id, compartmentId, availabilityDomain, subnetId, vnicId, createdAt, terminatedAt } = instance
  return {
    id: vnicId.replace('.vnic.', '.vnicattachment.'),
    ...{ compartmentId, availabilityDomain, subnetId, vnicId, instanceId: id, nicIndex: 0, displayName: null },
    lifecycleState: terminatedAt === undefined ? 'ATTACHED' : 'DETACHED',
    timeCreated: new Date(createdAt).toISOString(),
  }
}

function vnicOutput(instance: InstanceRecord): Json {
  const { compartmentId, availabilityDomain, vnicId, vnicName, vnicTags, createdAt, hostname, mac } = instance
  return {
    ...{ id: vnicId, compartmentId, availabilityDomain, displayName: vnicName, hostnameLabel: hostname },
    ...{ subnetId: instance.subnetId, nsgIds: instance.nsgIds, macAddress: mac, isPrimary: true },
    ...{ privateIp: instance.privateAddress, publicIp: instance.publicAddress, skipSourceDestCheck: false },
    freeformTags: vnicTags,
    definedTags: {},
    lifecycleState: 'AVAILABLE',
    timeCreated: new Date(createdAt).toISOString(),
  }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Vnic, …/VnicAttachment and …/Subnet (2026-11) */
export const networkOperations: Operations = {
  ListVnicAttachments: {
    pattern: 'GET vnicAttachments',
    query: ['compartmentId', 'instanceId', 'vnicId', 'availabilityDomain', 'limit', 'page'],
    run(call) {
      const compartment = listedCompartment(call, ['VNIC_ATTACHMENT_READ', 'INSTANCE_INSPECT'])
      const asked = (['instanceId', 'vnicId', 'availabilityDomain'] as const).flatMap((name) => {
        const value = call.query.get(name)
        return value === null ? [] : [[name, value] as const]
      })
      const attachments = instancesOf(call)
        .filter(({ compartmentId }) => compartmentId === compartment)
        .map(attachmentOutput)
        .filter((one) => asked.every(([name, value]) => one[name] === value))
      return pageOf(call, attachments)
    },
  },
  GetVnic: {
    pattern: 'GET vnics/:id',
    run(call) {
      const instance = instancesOf(call).find(({ vnicId }) => vnicId === call.at.id)
      if (instance === undefined || instance.terminatedAt !== undefined) throw notFound()
      call.allow(['VNIC_READ'], instance.compartmentId)
      return { json: vnicOutput(instance) }
    },
  },
  GetSubnet: {
    pattern: 'GET subnets/:id',
    run(call) {
      const id = checkSubnet(call, call.at.id ?? '')
      call.allow(['SUBNET_READ'], anywhere)
      const vcnId = vcnOf(call.region)
      const words = { id, vcnId, cidrBlock, displayName: 'subnet', prohibitPublicIpOnVnic: false }
      return { json: { ...words, lifecycleState: 'AVAILABLE', freeformTags: {}, definedTags: {} } }
    },
  },
}
