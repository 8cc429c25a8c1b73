import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Call, Operations, World } from './call.ts'
import { account } from './signature.ts'

/** Where the records of IAM are kept, which has no regions. */
const home = 'us-east-1'

/** The trust policy of AWS's own instructions. https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html (2026-11) */
const importTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'vmie.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:Externalid': 'vmimport' } },
    },
  ],
})

function rolesOf(world: World): Readonly<Record<string, string>> {
  return world.records[home]?.roles ?? { vmimport: importTrust }
}

function setRoles({ world }: Call, roles: Readonly<Record<string, string>>): void {
  const here = world.records[home]
  if (here !== undefined) here.roles = { ...roles }
}

function trustOf(call: Call): string {
  const name = call.input.need('RoleName')
  const roles = rolesOf(call.world)
  const trust = Object.hasOwn(roles, name) ? roles[name] : undefined
  if (trust === undefined) throw awsError('NoSuchEntity', `The role with name ${name} cannot be found.`)
  return trust
}

const arnOf = (name: string): string => `arn:aws:iam::${account}:role/${name}`
const resources = (call: Call): readonly string[] => [arnOf(call.input.need('RoleName'))]

function roleOutput(name: string, trust: string): Output {
  return {
    Role: {
      Path: '/',
      RoleName: name,
      RoleId: 'AROAREHEARSALEXAMPLE',
      Arn: arnOf(name),
      CreateDate: '2026-01-01T00:00:00Z',
      AssumeRolePolicyDocument: encodeURIComponent(trust),
    },
  }
}

/** Refuses an import whose role is not there, or is not for importing. */
export function checkImportRole({ world }: Call, name: string): void {
  if (rolesOf(world)[name]?.includes('vmie.amazonaws.com')) return
  throw awsError(
    'InvalidParameter',
    `The service role ${name} provided does not exist or does not have sufficient permissions`,
  )
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and its neighbours (2026-11). */
export const iamOperations: Operations = {
  GetRole: {
    supports: ['RoleName'],
    resources,
    run: (call) => roleOutput(call.input.need('RoleName'), trustOf(call)),
  },
  CreateRole: {
    supports: ['RoleName', 'AssumeRolePolicyDocument'],
    resources,
    run: (call) => {
      const name = call.input.need('RoleName')
      if (Object.hasOwn(rolesOf(call.world), name))
        throw awsError('EntityAlreadyExists', `Role with name ${name} already exists.`)
      const trust = call.input.need('AssumeRolePolicyDocument')
      setRoles(call, { ...rolesOf(call.world), [name]: trust })
      return roleOutput(name, trust)
    },
  },
  UpdateAssumeRolePolicy: {
    supports: ['RoleName', 'PolicyDocument'],
    resources,
    run: (call) => {
      trustOf(call)
      setRoles(call, { ...rolesOf(call.world), [call.input.need('RoleName')]: call.input.need('PolicyDocument') })
      return {}
    },
  },
  DeleteRole: {
    supports: ['RoleName'],
    resources,
    run: (call) => {
      trustOf(call)
      const { [call.input.need('RoleName')]: _, ...others } = rolesOf(call.world)
      setRoles(call, others)
      return {}
    },
  },
}
