import { isIPv4 } from 'node:net'
import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { newId, regions, stableId, zonesOf } from './places.ts'
import type { VpcRecord, VSwitchRecord } from './records.ts'
import { oncePerToken } from './tokens.ts'

/** When the default VPC of every region was made. */
const long = Date.parse('2020-01-01T00:00:00Z')

const defaultVpcs: readonly VpcRecord[] = regions.map((region) => ({
  ...{ id: stableId('vpc', region), region, name: '', tags: {}, createdAt: long },
  ...{ cidr: '172.31.0.0/16', isDefault: true },
}))

const defaultVSwitches: readonly VSwitchRecord[] = regions.flatMap((region) =>
  zonesOf(region).map((zone, index) => ({
    ...{ id: stableId('vsw', zone), region, name: '', tags: {}, createdAt: long },
    ...{ cidr: `172.31.${index * 16}.0/20`, isDefault: true, vpcId: stableId('vpc', region), zone },
  })),
)

function allVpcs({ world }: Call): readonly VpcRecord[] {
  return [...Object.values(world.records.vpcs), ...defaultVpcs]
}

function allVSwitches({ world }: Call): readonly VSwitchRecord[] {
  return [...Object.values(world.records.vswitches), ...defaultVSwitches]
}

/** The VPC by its id, or Alibaba Cloud's refusal. */
export function findVpc(call: Call, id: string): VpcRecord {
  const found = allVpcs(call).find((one) => one.id === id && one.region === call.region)
  if (found !== undefined) return found
  throw alibabaError('InvalidVpcId.NotFound', 'The specified VpcId does not exist.')
}

/** The VSwitch by its id, or Alibaba Cloud's refusal. */
export function findVSwitch(call: Call, id: string): VSwitchRecord {
  const found = allVSwitches(call).find((one) => one.id === id && one.region === call.region)
  if (found !== undefined) return found
  throw alibabaError('InvalidVSwitchId.NotFound', 'The specified VSwitchId does not exist.')
}

/** A free address in a VSwitch, and how many bits name its network. */
export function freePrivateAddress(
  { world }: Call,
  vswitch: VSwitchRecord,
): { readonly address: string; readonly bits: number } {
  const [network = '', bits = ''] = vswitch.cidr.split('/')
  const taken = new Set(
    Object.values(world.records.instances)
      .filter((one) => one.vswitchId === vswitch.id)
      .map((one) => one.privateAddress),
  )
  const beginning = network.split('.').slice(0, 3).join('.')
  // The last three addresses and the first are Alibaba Cloud's own.
  const address = Array.from({ length: 250 }, (_, index) => `${beginning}.${index + 2}`).find((one) => !taken.has(one))
  if (address === undefined)
    throw alibabaError('InvalidVSwitchId.IpNotEnough', 'The specified VSwitch does not have enough IP addresses.')
  return { address, bits: Number(bits) }
}

const privateBlocks = /^(10|172\.(1[6-9]|2\d|3[01])|192\.168)\./

function cidrOf(text: string): string {
  const [address = '', bits = ''] = text.split('/')
  if (isIPv4(address) && privateBlocks.test(address) && /^\d+$/.test(bits) && Number(bits) >= 8 && Number(bits) <= 29)
    return text
  throw alibabaError('InvalidParameter', 'Specified CIDR block is not valid.')
}

function createVpc({ input, region, world, now }: Call): Json {
  const vpc: VpcRecord = {
    ...{ id: newId('vpc', region), region, name: input.text('VpcName') ?? '', tags: {}, createdAt: now },
    ...{ cidr: cidrOf(input.text('CidrBlock') ?? '172.16.0.0/12'), isDefault: false },
  }
  world.records.vpcs[vpc.id] = vpc
  return { VpcId: vpc.id, VRouterId: newId('vrt', region), RouteTableId: newId('vtb', region) }
}

function createVSwitch(call: Call): Json {
  const { input, region, world, now } = call
  const vpc = findVpc(call, input.need('VpcId'))
  const zone = input.need('ZoneId')
  if (!zonesOf(region).includes(zone))
    throw alibabaError('InvalidZoneId.NotFound', 'Specified value of "ZoneId" is not exists.')
  const cidr = cidrOf(input.need('CidrBlock'))
  if (allVSwitches(call).some((one) => one.vpcId === vpc.id && one.cidr === cidr))
    throw alibabaError('InvalidCidrBlock.Overlapped', 'The specified CIDR block overlapped with other subnets.')
  const vswitch: VSwitchRecord = {
    ...{ id: newId('vsw', region), region, name: input.text('VSwitchName') ?? '', tags: {}, createdAt: now },
    ...{ cidr, isDefault: false, vpcId: vpc.id, zone },
  }
  world.records.vswitches[vswitch.id] = vswitch
  return { VSwitchId: vswitch.id }
}

function deleteVpc(call: Call): Json {
  const { records } = call.world
  const { id, isDefault } = findVpc(call, call.input.need('VpcId'))
  if (Object.values(records.vswitches).some((one) => one.vpcId === id))
    throw alibabaError('DependencyViolation.VSwitch', 'Specified object has dependent resources.')
  if (Object.values(records.securityGroups).some((one) => one.vpcId === id))
    throw alibabaError('DependencyViolation.SecurityGroup', 'Specified object has dependent resources.')
  if (isDefault) throw alibabaError('OperationDenied.DefaultVpc', 'The default VPC cannot be changed in a rehearsal.')
  delete records.vpcs[id]
  return {}
}

function deleteVSwitch(call: Call): Json {
  const { records } = call.world
  const { id, isDefault } = findVSwitch(call, call.input.need('VSwitchId'))
  if (Object.values(records.instances).some((one) => one.vswitchId === id))
    throw alibabaError('DependencyViolation', 'Specified object has dependent resources.')
  if (isDefault)
    throw alibabaError('OperationDenied.DefaultVSwitch', 'The default VSwitch cannot be changed in a rehearsal.')
  delete records.vswitches[id]
  return {}
}

function chosen<T extends VpcRecord>({ input }: Call, kind: 'Vpc' | 'VSwitch', all: readonly T[]): readonly T[] {
  const ids = input.listed(`${kind}Id`)
  const name = input.text(`${kind}Name`)
  const isDefault = input.text('IsDefault')
  return all
    .filter(({ id }) => ids.length === 0 || ids.includes(id))
    .filter((one) => name === undefined || one.name === name)
    .filter((one) => isDefault === undefined || one.isDefault === input.flag('IsDefault'))
}

/**
 * VPCs and VSwitches, which ECS's older API has as well.
 * https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-createvpc and its neighbours (2026-11)
 */
export const networkOperations: Operations = {
  DescribeVpcs: {
    actions: ['vpc:DescribeVpcs'],
    supports: [...listParameters, 'VpcId', 'VpcName', 'IsDefault'],
    reads: true,
    run: (call) =>
      listed(call, 'Vpcs', 'Vpc', chosen(call, 'Vpc', allVpcs(call)), (vpc) => ({
        ...{ VpcId: vpc.id, VpcName: vpc.name, RegionId: vpc.region, Status: 'Available', CidrBlock: vpc.cidr },
        ...{ IsDefault: vpc.isDefault, CreationTime: timeOf(vpc.createdAt), Tags: tagsOutput(vpc.tags, 'vpc') },
      })),
  },
  CreateVpc: {
    actions: ['vpc:CreateVpc'],
    supports: ['CidrBlock', 'VpcName', 'ClientToken'],
    run: (call) => oncePerToken('CreateVpc', call, () => createVpc(call)),
  },
  DeleteVpc: { actions: ['vpc:DeleteVpc'], supports: ['VpcId'], run: deleteVpc },
  DescribeVSwitches: {
    actions: ['vpc:DescribeVSwitches'],
    supports: [...listParameters, 'VSwitchId', 'VSwitchName', 'VpcId', 'ZoneId', 'IsDefault'],
    reads: true,
    run: (call) => {
      const vpcId = call.input.text('VpcId')
      const zone = call.input.text('ZoneId')
      const found = chosen(call, 'VSwitch', allVSwitches(call))
        .filter((one) => vpcId === undefined || one.vpcId === vpcId)
        .filter((one) => zone === undefined || one.zone === zone)
      return listed(call, 'VSwitches', 'VSwitch', found, (one) => ({
        ...{ VSwitchId: one.id, VSwitchName: one.name, VpcId: one.vpcId, ZoneId: one.zone, Status: 'Available' },
        ...{ CidrBlock: one.cidr, IsDefault: one.isDefault, AvailableIpAddressCount: 250 },
        ...{ CreationTime: timeOf(one.createdAt), Tags: tagsOutput(one.tags, 'vpc') },
      }))
    },
  },
  CreateVSwitch: {
    actions: ['vpc:CreateVSwitch'],
    supports: ['VpcId', 'ZoneId', 'CidrBlock', 'VSwitchName', 'ClientToken'],
    run: (call) => oncePerToken('CreateVSwitch', call, () => createVSwitch(call)),
  },
  DeleteVSwitch: { actions: ['vpc:DeleteVSwitch'], supports: ['VSwitchId'], run: deleteVSwitch },
}
