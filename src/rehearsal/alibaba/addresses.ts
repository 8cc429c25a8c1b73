import type { Json } from '../kit/json.ts'
import { freeLoopback } from '../kit/loopback.ts'
import { alibabaError, notImplemented } from './alibaba-error.ts'
import type { Call, Operations, World } from './call.ts'
import { findInstance } from './find-instance.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { newId } from './places.ts'
import type { EipRecord, InstanceRecord } from './records.ts'
import { oncePerToken } from './tokens.ts'

/** A loopback address that stands for a public one. */
export function freeDoor(world: World): string {
  const { instances, addresses } = world.records
  const taken = new Set([
    ...Object.values(instances).map(({ door }) => door),
    ...Object.values(addresses).map(({ address }) => address),
  ])
  const address = freeLoopback(world.loopback, taken)
  if (address === undefined) throw alibabaError('QuotaExceeded.Eip', 'Elastic IP address quota exceeded.')
  return address
}

/** The elastic address of an instance. */
export function addressOf(world: World, instanceId: string): EipRecord | undefined {
  return Object.values(world.records.addresses).find((one) => one.instanceId === instanceId)
}

function find({ input, region, world }: Call): EipRecord {
  const found = world.records.addresses[input.need('AllocationId')]
  if (found !== undefined && found.region === region) return found
  throw alibabaError('InvalidAllocationId.NotFound', 'Specified allocation ID is not found.')
}

function allocate({ input, region, world, now }: Call): Json {
  const eip: EipRecord = {
    ...{ id: newId('eip', region), region, name: input.text('Name') ?? '', tags: {}, createdAt: now },
    ...{ address: freeDoor(world), bandwidth: input.number('Bandwidth') ?? 5 },
    chargeType: input.text('InternetChargeType') ?? 'PayByBandwidth',
  }
  world.records.addresses[eip.id] = eip
  return { AllocationId: eip.id, EipAddress: eip.address }
}

/** The instance, whose door cannot be changed while it runs. */
function stopped(instance: InstanceRecord): InstanceRecord {
  if (!instance.running) return instance
  throw notImplemented('an elastic address that is given to, or taken from, an instance that runs')
}

function associate(call: Call): Json {
  const { input, world } = call
  const eip = find(call)
  const instance = stopped(findInstance(call, input.need('InstanceId')))
  if (eip.instanceId !== undefined)
    throw alibabaError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.')
  if (instance.isPublic || addressOf(world, instance.id) !== undefined)
    throw alibabaError('InvalidInstance.AlreadyHasIp', 'The instance has a public address already.')
  eip.instanceId = instance.id
  return {}
}

function unassociate(call: Call): Json {
  const { input } = call
  const eip = find(call)
  if (eip.instanceId === undefined || (input.text('InstanceId') ?? eip.instanceId) !== eip.instanceId)
    throw alibabaError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.')
  delete eip.instanceId
  return {}
}

/**
 * Elastic addresses, which ECS's older API has as well.
 * https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-allocateeipaddress and its neighbours (2026-11)
 */
export const addressOperations: Operations = {
  DescribeEipAddresses: {
    actions: ['vpc:DescribeEipAddresses'],
    supports: [
      ...listParameters,
      'AllocationId',
      'EipAddress',
      'AssociatedInstanceType',
      'AssociatedInstanceId',
      'Status',
    ],
    reads: true,
    run: (call) => {
      const { input, world } = call
      const ids = input.listed('AllocationId')
      const address = input.text('EipAddress')
      const instanceId = input.text('AssociatedInstanceId')
      const found = Object.values(world.records.addresses)
        .filter(({ id }) => ids.length === 0 || ids.includes(id))
        .filter((eip) => address === undefined || eip.address === address)
        .filter((eip) => instanceId === undefined || eip.instanceId === instanceId)
      return listed(call, 'EipAddresses', 'EipAddress', found, (eip) => ({
        ...{ AllocationId: eip.id, IpAddress: eip.address, RegionId: eip.region, Name: eip.name },
        ...{ Status: eip.instanceId === undefined ? 'Available' : 'InUse', InstanceId: eip.instanceId ?? '' },
        ...{ InstanceType: eip.instanceId === undefined ? '' : 'EcsInstance', Bandwidth: String(eip.bandwidth) },
        ...{
          InternetChargeType: eip.chargeType,
          AllocationTime: timeOf(eip.createdAt),
          Tags: tagsOutput(eip.tags, 'vpc'),
        },
      }))
    },
  },
  AllocateEipAddress: {
    actions: ['vpc:AllocateEipAddress'],
    supports: ['Bandwidth', 'InternetChargeType', 'Name', 'ClientToken'],
    run: (call) => oncePerToken('AllocateEipAddress', call, () => allocate(call)),
  },
  AssociateEipAddress: {
    actions: ['vpc:AssociateEipAddress'],
    supports: ['AllocationId', 'InstanceId', 'InstanceType'],
    run: associate,
  },
  UnassociateEipAddress: {
    actions: ['vpc:UnassociateEipAddress'],
    supports: ['AllocationId', 'InstanceId', 'InstanceType'],
    run: unassociate,
  },
  ReleaseEipAddress: {
    actions: ['vpc:ReleaseEipAddress'],
    supports: ['AllocationId'],
    run: (call) => {
      const eip = find(call)
      if (eip.instanceId !== undefined)
        throw alibabaError('IncorrectEipStatus', 'Current elastic IP status does not support this operation.')
      delete call.world.records.addresses[eip.id]
      return {}
    },
  },
}
