import { isIP } from 'node:net'
import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { newId, stableId } from './ids.ts'
import type { Input } from './input.ts'
import type { Rule, SecurityGroupRecord } from './records.ts'
import { account } from './signature.ts'
import { checkTagKinds, requestedTags, tagList } from './tags.ts'

const everywhere: Rule = { id: '', protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' }

/** The group every VPC has from the start. */
function defaultGroup(call: Call): SecurityGroupRecord {
  const id = stableId('sg', call.region)
  return {
    id,
    name: 'default',
    description: 'default VPC security group',
    vpcId: stableId('vpc', call.region),
    ingress: [{ id: stableId('sgr', call.region, 'in'), protocol: '-1', fromPort: -1, toPort: -1, groupId: id }],
    egress: [{ ...everywhere, id: stableId('sgr', call.region, 'out') }],
    tags: {},
  }
}

function allGroups(call: Call): readonly SecurityGroupRecord[] {
  return [defaultGroup(call), ...Object.values(call.here.securityGroups)]
}

/** The group by id; InvalidGroup.NotFound. */
export function findGroup(call: Call, id: string): SecurityGroupRecord {
  if (!/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw awsError('InvalidGroupId.Malformed', `Invalid id: "${id}"`)
  const group = allGroups(call).find((each) => each.id === id)
  if (group === undefined) throw awsError('InvalidGroup.NotFound', `The security group '${id}' does not exist`)
  return group
}

/** The ids of the groups a launch asks for, by id or by name; the default group when it asks for none. */
export function launchGroups(call: Call, ids: readonly string[], names: readonly string[]): readonly string[] {
  const named = names.map((name) => {
    const group = allGroups(call).find((each) => each.name === name)
    if (group === undefined)
      throw awsError(
        'InvalidGroup.NotFound',
        `The security group '${name}' does not exist in default VPC '${stableId('vpc', call.region)}'`,
      )
    return group.id
  })
  const asked = [...ids.map((id) => findGroup(call, id).id), ...named]
  return asked.length > 0 ? asked : [defaultGroup(call).id]
}

/** Groups as instances and interfaces show them. */
export function groupReferences(call: Call, ids: readonly string[]): Output {
  return ids.map((GroupId) => ({ GroupId, GroupName: allGroups(call).find((each) => each.id === GroupId)?.name ?? '' }))
}

function ownGroup(call: Call): SecurityGroupRecord {
  const id = call.input.text('GroupId')
  const name = call.input.text('GroupName')
  if (id === undefined && name === undefined) {
    throw awsError('MissingParameter', 'The request must contain the parameter groupName or groupId')
  }
  const byName = Object.values(call.here.securityGroups).find((each) => each.name === name)
  if (id === undefined && byName === undefined)
    throw awsError('InvalidGroup.NotFound', `The security group '${name}' does not exist`)
  const group = byName ?? findGroup(call, id ?? '')
  if (group.name === 'default')
    throw awsError(
      'CannotDelete',
      `the specified group: "${group.id}" name: "default" cannot be changed in a rehearsal`,
    )
  return group
}

function isCidr(text: string, version: 4 | 6): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  return (
    rest.length === 0 &&
    isIP(address) === version &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (version === 4 ? 32 : 128)
  )
}

function rulesOf(call: Call): readonly Rule[] {
  const { input } = call
  const cidr = input.text('CidrIp')
  const permissions = input.many('IpPermissions').flatMap((permission) => permissionRules(call, permission))
  if (cidr === undefined) return permissions
  return [...permissions, ...rulesFrom(input, [{ cidr }])]
}

function permissionRules(call: Call, permission: Input): readonly Rule[] {
  const described = (range: Input) =>
    range.text('Description') === undefined ? {} : { description: range.text('Description') ?? '' }
  return rulesFrom(permission, [
    ...permission.many('IpRanges').map((range) => ({ cidr: range.need('CidrIp'), ...described(range) })),
    ...permission.many('Ipv6Ranges').map((range) => ({ cidr: range.need('CidrIpv6'), ...described(range) })),
    ...permission
      .many('UserIdGroupPairs')
      .map((pair) => ({ groupId: findGroup(call, pair.need('GroupId')).id, ...described(pair) })),
  ])
}

function rulesFrom(ports: Input, sources: readonly Pick<Rule, 'cidr' | 'groupId' | 'description'>[]): readonly Rule[] {
  const protocol = ports.text('IpProtocol') ?? ''
  if (!['tcp', 'udp', 'icmp', 'icmpv6', '-1', '6', '17', '1', '58'].includes(protocol)) {
    throw awsError('InvalidParameterValue', `Invalid value '${protocol}' for IP protocol. Unknown protocol.`)
  }
  const fromPort = protocol === '-1' ? -1 : (ports.number('FromPort') ?? -1)
  const toPort = protocol === '-1' ? -1 : (ports.number('ToPort') ?? -1)
  if (fromPort > toPort)
    throw awsError(
      'InvalidParameterValue',
      `Invalid value for portRange. Must specify from port to port where from <= to, instead of: ${fromPort}-${toPort}`,
    )
  return sources.map((source) => {
    if (source.cidr !== undefined && !isCidr(source.cidr, 4) && !isCidr(source.cidr, 6)) {
      throw awsError('InvalidParameterValue', `CIDR block ${source.cidr} is malformed`)
    }
    return { id: newId('sgr'), protocol, fromPort, toPort, ...source }
  })
}

function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    a.cidr === b.cidr &&
    a.groupId === b.groupId
  )
}

function told(rule: Rule, direction: 'ingress' | 'egress'): string {
  const peer = rule.cidr ?? rule.groupId ?? ''
  return `"peer: ${peer}, ${rule.protocol.toUpperCase()}, from port: ${rule.fromPort}, to port: ${rule.toPort}, ${direction === 'ingress' ? 'ALLOW' : 'EGRESS ALLOW'}"`
}

function authorize(call: Call, direction: 'ingress' | 'egress'): Output {
  const group = ownGroup(call)
  const added = rulesOf(call)
  const duplicate = added.find((rule) => group[direction].some((each) => sameRule(each, rule)))
  if (duplicate !== undefined)
    throw awsError('InvalidPermission.Duplicate', `the specified rule ${told(duplicate, direction)} already exists`)
  group[direction] = [...group[direction], ...added]
  return {
    Return: true,
    SecurityGroupRules: added.map((rule) => ({
      SecurityGroupRuleId: rule.id,
      GroupId: group.id,
      GroupOwnerId: account,
      IsEgress: direction === 'egress',
      IpProtocol: rule.protocol,
      FromPort: rule.fromPort,
      ToPort: rule.toPort,
      CidrIpv4: rule.cidr?.includes(':') ? undefined : rule.cidr,
      CidrIpv6: rule.cidr?.includes(':') ? rule.cidr : undefined,
      Description: rule.description,
    })),
  }
}

function revoke(call: Call, direction: 'ingress' | 'egress'): Output {
  const group = ownGroup(call)
  const removed = rulesOf(call)
  const missing = removed.find((rule) => !group[direction].some((each) => sameRule(each, rule)))
  if (missing !== undefined)
    throw awsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
  group[direction] = group[direction].filter((each) => !removed.some((rule) => sameRule(each, rule)))
  return { Return: true }
}

function permissionOutput(rule: Rule): Output {
  const ports = rule.protocol === '-1' ? {} : { FromPort: rule.fromPort, ToPort: rule.toPort }
  const v6 = rule.cidr?.includes(':') === true
  return {
    IpProtocol: rule.protocol,
    ...ports,
    IpRanges: rule.cidr === undefined || v6 ? [] : [{ CidrIp: rule.cidr, Description: rule.description }],
    Ipv6Ranges: v6 ? [{ CidrIpv6: rule.cidr, Description: rule.description }] : [],
    UserIdGroupPairs:
      rule.groupId === undefined ? [] : [{ GroupId: rule.groupId, UserId: account, Description: rule.description }],
    PrefixListIds: [],
  }
}

const groupFilters: Filters<SecurityGroupRecord> = {
  description: (group) => group.description,
  'group-id': (group) => group.id,
  'group-name': (group) => group.name,
  'ip-permission.cidr': (group) => group.ingress.flatMap((rule) => rule.cidr ?? []),
  'owner-id': () => account,
  'vpc-id': (group) => group.vpcId,
}

const ruleMembers = ['GroupId', 'GroupName', 'IpPermissions', 'IpProtocol', 'FromPort', 'ToPort', 'CidrIp']

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html and its neighbours. */
export const securityGroupOperations: Operations = {
  DescribeSecurityGroups: {
    supports: ['GroupIds', 'GroupNames', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const ids = call.input.texts('GroupIds')
      const names = call.input.texts('GroupNames')
      const asked =
        ids.length + names.length > 0
          ? launchGroups(call, ids, names).map((id) => findGroup(call, id))
          : allGroups(call)
      const { items, next } = filtered(call, asked, groupFilters)
      return {
        SecurityGroups: items.map((group) => ({
          GroupId: group.id,
          GroupName: group.name,
          Description: group.description,
          VpcId: group.vpcId,
          OwnerId: account,
          IpPermissions: group.ingress.map(permissionOutput),
          IpPermissionsEgress: group.egress.map(permissionOutput),
          Tags: tagList(group.tags),
        })),
        NextToken: next,
      }
    },
  },
  CreateSecurityGroup: {
    supports: ['GroupName', 'Description', 'VpcId', 'TagSpecifications'],
    creates: ['security-group'],
    run: (call) => {
      checkTagKinds(call.input, ['security-group'])
      const name = call.input.need('GroupName')
      const vpcId = call.input.text('VpcId') ?? stableId('vpc', call.region)
      if (vpcId !== stableId('vpc', call.region))
        throw awsError('InvalidVpcID.NotFound', `The vpc ID '${vpcId}' does not exist`)
      if (name.startsWith('sg-') || name.length > 255) {
        throw awsError(
          'InvalidParameterValue',
          `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
        )
      }
      if (allGroups(call).some((each) => each.name === name)) {
        throw awsError('InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${vpcId}'`)
      }
      const group = {
        id: newId('sg'),
        name,
        description: call.input.need('Description'),
        vpcId,
        ingress: [],
        egress: [{ ...everywhere, id: newId('sgr') }],
        tags: requestedTags(call.input, 'security-group'),
      }
      call.here.securityGroups[group.id] = group
      return { GroupId: group.id, Tags: tagList(group.tags) }
    },
  },
  DeleteSecurityGroup: {
    supports: ['GroupId', 'GroupName'],
    run: (call) => {
      const group = ownGroup(call)
      const used = Object.values(call.here.instances).some(
        (each) => each.target !== 'terminated' && each.groupIds.includes(group.id),
      )
      if (used) throw awsError('DependencyViolation', `resource ${group.id} has a dependent object`)
      delete call.here.securityGroups[group.id]
      return { Return: true, GroupId: group.id }
    },
  },
  AuthorizeSecurityGroupIngress: { supports: ruleMembers, run: (call) => authorize(call, 'ingress') },
  AuthorizeSecurityGroupEgress: { supports: ruleMembers, run: (call) => authorize(call, 'egress') },
  RevokeSecurityGroupIngress: { supports: ruleMembers, run: (call) => revoke(call, 'ingress') },
  RevokeSecurityGroupEgress: { supports: ruleMembers, run: (call) => revoke(call, 'egress') },
}
