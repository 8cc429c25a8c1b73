import { isIP } from 'node:net'
import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { findVpc } from './network.ts'
import { newId } from './places.ts'
import type { SecurityGroupRecord } from './records.ts'
import { oncePerToken } from './tokens.ts'

/** The group by its id, or Alibaba Cloud's refusal. */
export function findGroup({ world, region }: Call, id: string): SecurityGroupRecord {
  const found = world.records.securityGroups[id]
  if (found !== undefined && found.region === region) return found
  throw alibabaError('InvalidSecurityGroupId.NotFound', 'The specified SecurityGroupId does not exist.')
}

function create(call: Call): Json {
  const { input, region, world, now } = call
  const description = input.text('Description')
  const group: SecurityGroupRecord = {
    ...{ id: newId('sg', region), region, name: input.text('SecurityGroupName') ?? '', tags: input.tags() },
    ...{ createdAt: now, vpcId: findVpc(call, input.need('VpcId')).id, rules: [] },
    ...(description && { description }),
  }
  world.records.securityGroups[group.id] = group
  return { SecurityGroupId: group.id }
}

const ruleMembers = [
  ...['IpProtocol', 'PortRange', 'SourceCidrIp', 'Ipv6SourceCidrIp', 'DestCidrIp', 'Ipv6DestCidrIp', 'NicType'],
  ...['Policy', 'Priority', 'Description'],
]

/** Adds rules; one that is there already stays as it is. */
function authorize(call: Call, direction: 'ingress' | 'egress'): Json {
  const { input } = call
  const group = findGroup(call, input.need('SecurityGroupId'))
  const single = Object.fromEntries(
    ruleMembers.flatMap((name) => (input.text(name) ? [[name, input.text(name) ?? '']] : [])),
  )
  const asked = input.text('IpProtocol') === undefined ? input.objects('Permissions') : [single]
  const added = asked.map((rule) => checked({ ...rule, Direction: direction }))
  const texts = new Set(group.rules.map((rule) => JSON.stringify(rule)))
  group.rules = [...group.rules, ...added.filter((rule) => !texts.has(JSON.stringify(rule)))]
  return {}
}

function checked(rule: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { IpProtocol = '', PortRange = '', SourceCidrIp, Ipv6SourceCidrIp, DestCidrIp, Ipv6DestCidrIp } = rule
  if (!/^(tcp|udp|icmp|icmpv6|gre|all)$/i.test(IpProtocol))
    throw alibabaError(
      'InvalidIpProtocol.ValueNotSupported',
      'The specified IpProtocol does not exist or IpProtocol and PortRange do not match.',
    )
  if (!/^-?\d+\/-?\d+$/.test(PortRange))
    throw alibabaError('InvalidPortRange.Malformed', 'The specified parameter PortRange is not valid.')
  for (const [range, version] of [
    [SourceCidrIp, 4],
    [DestCidrIp, 4],
    [Ipv6SourceCidrIp, 6],
    [Ipv6DestCidrIp, 6],
  ] as const) {
    if (range !== undefined && isIP(range.split('/')[0] ?? '') !== version)
      throw alibabaError('InvalidSourceCidrIp.Malformed', `The specified range ${range} is not valid.`)
  }
  return Object.fromEntries(Object.entries(rule).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createsecuritygroup and its neighbours (2026-11) */
export const securityGroupOperations: Operations = {
  DescribeSecurityGroups: {
    actions: ['ecs:DescribeSecurityGroups'],
    supports: [...listParameters, 'SecurityGroupId', 'SecurityGroupIds', 'SecurityGroupName', 'VpcId'],
    reads: true,
    run: (call) => {
      const { input, world } = call
      const ids = [...input.listed('SecurityGroupId'), ...input.listed('SecurityGroupIds')]
      const name = input.text('SecurityGroupName')
      const vpcId = input.text('VpcId')
      const found = Object.values(world.records.securityGroups)
        .filter(({ id }) => ids.length === 0 || ids.includes(id))
        .filter((group) => name === undefined || group.name === name)
        .filter((group) => vpcId === undefined || group.vpcId === vpcId)
      return listed(call, 'SecurityGroups', 'SecurityGroup', found, (group) => ({
        ...{ SecurityGroupId: group.id, SecurityGroupName: group.name, VpcId: group.vpcId },
        ...{ Description: group.description ?? '', SecurityGroupType: 'normal', CreationTime: timeOf(group.createdAt) },
        Tags: tagsOutput(group.tags),
      }))
    },
  },
  CreateSecurityGroup: {
    actions: ['ecs:CreateSecurityGroup'],
    supports: ['SecurityGroupName', 'Description', 'VpcId', 'ClientToken', 'Tag'],
    run: (call) => oncePerToken('CreateSecurityGroup', call, () => create(call)),
  },
  AuthorizeSecurityGroup: {
    actions: ['ecs:AuthorizeSecurityGroup'],
    supports: ['SecurityGroupId', 'Permissions', ...ruleMembers],
    run: (call) => authorize(call, 'ingress'),
  },
  AuthorizeSecurityGroupEgress: {
    actions: ['ecs:AuthorizeSecurityGroupEgress'],
    supports: ['SecurityGroupId', 'Permissions', ...ruleMembers],
    run: (call) => authorize(call, 'egress'),
  },
  DeleteSecurityGroup: {
    actions: ['ecs:DeleteSecurityGroup'],
    supports: ['SecurityGroupId'],
    run: (call) => {
      const { instances, securityGroups } = call.world.records
      const { id } = findGroup(call, call.input.need('SecurityGroupId'))
      if (Object.values(instances).some(({ groups }) => groups.includes(id)))
        throw alibabaError('DependencyViolation', 'There is still instance(s) in the specified security group.')
      delete securityGroups[id]
      return {}
    },
  },
}
