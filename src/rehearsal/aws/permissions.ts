import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import type { Input } from './input.ts'
import { defaultKey } from './kms.ts'
import type { Permission, SnapshotRecord } from './records.ts'

interface Asked {
  /** The member with `Add` and `Remove` lists. */
  readonly changes: 'LaunchPermission' | 'CreateVolumePermission'
  /** The member with group names beside `UserIds`. */
  readonly groups: 'UserGroups' | 'GroupNames'
  /** The snapshots that whoever is added has to read. */
  readonly snapshots: readonly SnapshotRecord[]
  /** The error code for an account or group that cannot be. */
  readonly unknown: string
}

const names = ['UserId', 'Group', 'OrganizationArn', 'OrganizationalUnitArn'] as const

const patterns: Readonly<Record<(typeof names)[number], RegExp>> = {
  UserId: /^\d{12}$/,
  Group: /^all$/,
  OrganizationArn: /^arn:aws:organizations::\d{12}:organization\/o-[a-z0-9]{10,32}$/,
  OrganizationalUnitArn: /^arn:aws:organizations::\d{12}:ou\/o-[a-z0-9]{10,32}\/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/,
}

function permissionsOf(inputs: readonly Input[]): readonly Permission[] {
  return inputs.flatMap((input) =>
    names.flatMap((name) => {
      const value = input.text(name)
      return value === undefined ? [] : [{ [name]: value }]
    }),
  )
}

function same(a: Permission, b: Permission): boolean {
  return names.every((name) => a[name] === b[name])
}

function check(permission: Permission, unknown: string): void {
  for (const name of names) {
    const value = permission[name]
    if (value !== undefined && !patterns[name].test(value)) {
      const item = name.charAt(0).toLowerCase() + name.slice(1)
      throw awsError(unknown, `Invalid attribute item value "${value}" for ${item} item type.`)
    }
  }
}

function checkEncryption(call: Call, added: readonly Permission[], snapshots: readonly SnapshotRecord[]): void {
  if (added.length === 0) return
  if (snapshots.some((snapshot) => snapshot.kmsKeyId === defaultKey(call.region))) {
    throw awsError(
      'InvalidParameter',
      "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
    )
  }
  const encrypted = snapshots.find((snapshot) => snapshot.encrypted)
  if (encrypted !== undefined && added.some((permission) => permission.Group === 'all')) {
    throw awsError('OperationNotPermitted', `The encrypted snapshot ${encrypted.id} can't be made public.`)
  }
}

/** `current` after the request's additions and removals. Both ways to ask are read: the
 * structure, and the flat lists with OperationType. Packer sends both, the lists without an OperationType, which EC2 lets pass. */
export function changedPermissions(call: Call, current: readonly Permission[], asked: Asked): readonly Permission[] {
  const { input } = call
  const structure = input.one(asked.changes)
  const flat: readonly Permission[] = [
    ...input.texts('UserIds').map((UserId) => ({ UserId })),
    ...input.texts(asked.groups).map((Group) => ({ Group })),
    ...input.texts('OrganizationArns').map((OrganizationArn) => ({ OrganizationArn })),
    ...input.texts('OrganizationalUnitArns').map((OrganizationalUnitArn) => ({ OrganizationalUnitArn })),
  ]
  const operation = input.text('OperationType')
  if (flat.length > 0 && operation === undefined && structure === undefined) {
    throw awsError('MissingParameter', 'The request must contain the parameter OperationType')
  }
  const added = [...permissionsOf(structure?.many('Add') ?? []), ...(operation === 'add' ? flat : [])]
  const removed = [...permissionsOf(structure?.many('Remove') ?? []), ...(operation === 'remove' ? flat : [])]
  for (const permission of [...added, ...removed]) check(permission, asked.unknown)
  checkEncryption(call, added, asked.snapshots)
  const kept = current.filter((each) => !removed.some((permission) => same(permission, each)))
  return [...kept, ...added.filter((each) => !kept.some((permission) => same(permission, each)))]
}
