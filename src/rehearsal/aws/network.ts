import { freeLoopback } from '../kit/loopback.ts'
import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { stableId } from './ids.ts'
import type { InstanceRecord } from './records.ts'
import { zonesOf } from './regions.ts'
import { groupReferences } from './security-groups.ts'
import { account } from './signature.ts'
import { instanceState } from './states.ts'
import { tagList } from './tags.ts'

/** Every region has the default VPC of a new account: 172.31.0.0/16 with one /20 subnet per zone. */
export function defaultVpc(region: string): string {
  return stableId('vpc', region)
}

export interface Subnet {
  readonly id: string
  readonly zone: string
  /** Third octet of the first address of its /20. */
  readonly third: number
}

/** The default subnets of a region. */
export function subnetsOf(region: string): readonly Subnet[] {
  return zonesOf(region).map((zone, index) => ({ id: stableId('subnet', zone), zone, third: index * 16 }))
}

/** The subnet by id; InvalidSubnetID.NotFound. */
export function findSubnet(region: string, id: string): Subnet {
  const subnet = subnetsOf(region).find((each) => each.id === id)
  if (subnet === undefined) throw awsError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`)
  return subnet
}

function living({ here, now }: Pick<Call, 'here' | 'now'>): readonly InstanceRecord[] {
  return Object.values(here.instances).filter((each) => instanceState(each, now).Name !== 'terminated')
}

/** The lowest free address of a subnet; AWS keeps the first four for itself. */
export function freePrivateAddress(call: Call, subnet: Subnet): string {
  const taken = new Set(living(call).map((each) => each.privateAddress))
  for (let host = 4; host < 4095; host += 1) {
    const address = `172.31.${subnet.third + (host >> 8)}.${host & 255}`
    if (!taken.has(address)) return address
  }
  throw awsError(
    'InsufficientFreeAddressesInSubnet',
    `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
  )
}

/** A loopback address no living instance of any region has: what stands for the public address here. */
export function freePublicAddress({ world, now }: Call): string {
  const everywhere = Object.values(world.records).flatMap((here) => living({ here, now }))
  const taken = new Set(everywhere.map((each) => each.publicAddress))
  const address = freeLoopback(world.loopback, taken)
  if (address !== undefined) return address
  throw awsError('InsufficientAddressCapacity', 'Not enough available addresses to satisfy your request.')
}

const vpcFilters: Filters<{ readonly id: string }> = {
  cidr: () => '172.31.0.0/16',
  isDefault: () => true,
  'is-default': () => true,
  'owner-id': () => account,
  state: () => 'available',
  'vpc-id': (vpc) => vpc.id,
}

const subnetFilters: Filters<Subnet> = {
  'availability-zone': (subnet) => subnet.zone,
  availabilityZone: (subnet) => subnet.zone,
  'cidr-block': (subnet) => `172.31.${subnet.third}.0/20`,
  'default-for-az': () => true,
  defaultForAz: () => true,
  'map-public-ip-on-launch': () => true,
  'owner-id': () => account,
  state: () => 'available',
  'subnet-id': (subnet) => subnet.id,
  'vpc-id': (_, call) => defaultVpc(call.region),
}

const zoneFilters: Filters<{ readonly zone: string }> = {
  'opt-in-status': () => 'opt-in-not-required',
  'region-name': (_, call) => call.region,
  state: () => 'available',
  'zone-id': ({ zone }, call) => zoneId(call.region, zone),
  'zone-name': ({ zone }) => zone,
  'zone-type': () => 'availability-zone',
}

function zoneId(region: string, zone: string): string {
  const short = region.replace(
    /^(..)-(.)[a-z]*?(?:(?<=north|south)(east|west))?-(\d)$/,
    (_, a, b, c, d) => `${a}${b}${c?.charAt(0) ?? ''}${d}`,
  )
  return `${short}-az${zonesOf(region).indexOf(zone) + 1}`
}

const interfaceFilters: Filters<InstanceRecord> = {
  'attachment.instance-id': (instance) => instance.id,
  'group-id': (instance) => instance.groupIds,
  'network-interface-id': (instance) => instance.interfaceId,
  'private-ip-address': (instance) => instance.privateAddress,
  status: () => 'in-use',
  'subnet-id': (instance) => instance.subnetId,
  'vpc-id': (_, call) => defaultVpc(call.region),
}

function onlyAsked<T>(
  items: readonly T[],
  ids: readonly string[],
  idOf: (item: T) => string,
  code: string,
  kind: string,
): readonly T[] {
  const missing = ids.find((id) => !items.some((item) => idOf(item) === id))
  if (missing !== undefined) throw awsError(code, `The ${kind} ID '${missing}' does not exist`)
  return ids.length === 0 ? items : items.filter((item) => ids.includes(idOf(item)))
}

const paged = ['Filters', 'MaxResults', 'NextToken']

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html and its neighbours. */
export const networkOperations: Operations = {
  DescribeVpcs: {
    supports: ['VpcIds', ...paged],
    run: (call) => {
      const vpcs = onlyAsked(
        [{ id: defaultVpc(call.region) }],
        call.input.texts('VpcIds'),
        (vpc) => vpc.id,
        'InvalidVpcID.NotFound',
        'vpc',
      )
      const { items, next } = filtered(call, vpcs, vpcFilters)
      return {
        Vpcs: items.map(({ id }) => ({
          VpcId: id,
          CidrBlock: '172.31.0.0/16',
          IsDefault: true,
          State: 'available',
          OwnerId: account,
          InstanceTenancy: 'default',
        })),
        NextToken: next,
      }
    },
  },
  DescribeSubnets: {
    supports: ['SubnetIds', ...paged],
    run: (call) => {
      const subnets = onlyAsked(
        subnetsOf(call.region),
        call.input.texts('SubnetIds'),
        (subnet) => subnet.id,
        'InvalidSubnetID.NotFound',
        'subnet',
      )
      const { items, next } = filtered(call, subnets, subnetFilters)
      const used = living(call)
      return {
        Subnets: items.map((subnet) => ({
          SubnetId: subnet.id,
          VpcId: defaultVpc(call.region),
          AvailabilityZone: subnet.zone,
          AvailabilityZoneId: zoneId(call.region, subnet.zone),
          CidrBlock: `172.31.${subnet.third}.0/20`,
          AvailableIpAddressCount: 4091 - used.filter((each) => each.subnetId === subnet.id).length,
          DefaultForAz: true,
          MapPublicIpOnLaunch: true,
          State: 'available',
          OwnerId: account,
        })),
        NextToken: next,
      }
    },
  },
  DescribeAvailabilityZones: {
    supports: ['ZoneNames', 'AllAvailabilityZones', 'Filters'],
    run: (call) => {
      const zones = zonesOf(call.region).map((zone) => ({ zone }))
      const unknown = call.input.texts('ZoneNames').find((name) => !zones.some(({ zone }) => zone === name))
      if (unknown !== undefined) throw awsError('InvalidParameterValue', `Invalid availability zone: [${unknown}]`)
      const names = call.input.texts('ZoneNames')
      const { items } = filtered(
        call,
        zones.filter(({ zone }) => names.length === 0 || names.includes(zone)),
        zoneFilters,
      )
      return {
        AvailabilityZones: items.map(
          ({ zone }): Output => ({
            ZoneName: zone,
            ZoneId: zoneId(call.region, zone),
            ZoneType: 'availability-zone',
            RegionName: call.region,
            State: 'available',
            OptInStatus: 'opt-in-not-required',
          }),
        ),
      }
    },
  },
  DescribeNetworkInterfaces: {
    supports: ['NetworkInterfaceIds', ...paged],
    run: (call) => {
      const all = onlyAsked(
        living(call),
        call.input.texts('NetworkInterfaceIds'),
        (each) => each.interfaceId,
        'InvalidNetworkInterfaceID.NotFound',
        'networkInterface',
      )
      const { items, next } = filtered(call, all, interfaceFilters)
      return {
        NetworkInterfaces: items.map((instance) => ({
          NetworkInterfaceId: instance.interfaceId,
          SubnetId: instance.subnetId,
          VpcId: defaultVpc(call.region),
          AvailabilityZone: instance.zone,
          OwnerId: account,
          Status: 'in-use',
          MacAddress: instance.mac,
          PrivateIpAddress: instance.privateAddress,
          Groups: groupReferences(call, instance.groupIds),
          Attachment: { InstanceId: instance.id, DeviceIndex: 0, Status: 'attached', DeleteOnTermination: true },
          Association: { PublicIp: instance.publicAddress },
          TagSet: tagList(instance.interfaceTags),
        })),
        NextToken: next,
      }
    },
  },
}
