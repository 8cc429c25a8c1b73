import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import { timeOf } from './listing.ts'
import type { RoleRecord } from './records.ts'
import { account } from './signature.ts'

/** Alibaba Cloud's own policies that the stand-in knows. */
const systemPolicies = ['AliyunECSImageImportRolePolicy']

function roleOf({ input, world }: Call): RoleRecord {
  const role = world.records.roles[input.need('RoleName')]
  if (role !== undefined) return role
  throw alibabaError('EntityNotExist.Role', `The role not exists: ${input.need('RoleName')}.`)
}

function roleOutput({ name, description, trust, createdAt }: RoleRecord): Json {
  const Arn = `acs:ram::${account}:role/${name.toLowerCase()}`
  return {
    Role: {
      ...{ RoleId: '300000000000000001', RoleName: name, Arn, Description: description },
      ...{ AssumeRolePolicyDocument: trust, CreateDate: timeOf(createdAt), MaxSessionDuration: 3600 },
    },
  }
}

/** True when ECS may read OSS by this role. */
export function ecsReadsBy(role: RoleRecord | undefined): boolean {
  return role !== undefined && /"ecs\.aliyuncs\.com"/.test(role.trust) && role.policies.length > 0
}

/** https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-overview (2026-11) */
export const roleOperations: Operations = {
  GetRole: {
    actions: ['ram:GetRole'],
    supports: ['RoleName'],
    reads: true,
    run: (call) => roleOutput(roleOf(call)),
  },
  CreateRole: {
    actions: ['ram:CreateRole'],
    supports: ['RoleName', 'Description', 'AssumeRolePolicyDocument'],
    run: ({ input, world, now }) => {
      const name = input.need('RoleName')
      const trust = input.need('AssumeRolePolicyDocument')
      if (!/^[a-zA-Z0-9.@-]{1,64}$/.test(name))
        throw alibabaError(
          'InvalidParameter.RoleName.InvalidChars',
          'The parameter - "RoleName" contains invalid chars.',
        )
      if (world.records.roles[name] !== undefined)
        throw alibabaError('EntityAlreadyExists.Role', 'The role already exists.')
      try {
        JSON.parse(trust)
      } catch {
        throw alibabaError('MalformedPolicyDocument', 'The policy document is not JSON.')
      }
      const role = { name, trust, description: input.text('Description') ?? '', createdAt: now, policies: [] }
      world.records.roles[name] = role
      return roleOutput(role)
    },
  },
  AttachPolicyToRole: {
    actions: ['ram:AttachPolicyToRole'],
    supports: ['RoleName', 'PolicyType', 'PolicyName'],
    run: (call) => {
      const role = roleOf(call)
      const name = call.input.need('PolicyName')
      const type = call.input.need('PolicyType')
      if (type !== 'System' || !systemPolicies.includes(name))
        throw alibabaError('EntityNotExist.Policy', `The policy not exists: ${name}.`)
      if (role.policies.some((policy) => policy.name === name))
        throw alibabaError('EntityAlreadyExists.Role.Policy', 'The role has already been attached this policy.')
      role.policies = [...role.policies, { name, type }]
      return {}
    },
  },
  ListPoliciesForRole: {
    actions: ['ram:ListPoliciesForRole'],
    supports: ['RoleName'],
    reads: true,
    run: (call) => {
      const Policy = roleOf(call).policies.map(({ name, type }) => ({ PolicyName: name, PolicyType: type }))
      return { Policies: { Policy } }
    },
  },
}
