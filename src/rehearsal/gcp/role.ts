import { SindriError } from '../../core/error.ts'
import { gcpError } from './gcp-error.ts'

/** The permissions an account has; undefined stands for all of them. */
export type Role = ReadonlySet<string>

/** A custom role as `gcloud iam roles create --file` reads it, when the document is one. */
export function readRole(value: unknown, file: string): Role | undefined {
  if (typeof value !== 'object' || value === null || !('includedPermissions' in value)) return undefined
  const { includedPermissions } = value
  if (!Array.isArray(includedPermissions)) throw new SindriError('usage', `${file}: includedPermissions is not a list`)
  return new Set(includedPermissions.map(String))
}

/** Refuses what the role does not include, in Google's words. */
export function authorize(role: Role | undefined, permissions: readonly string[], path: string): void {
  const lacking = permissions.find((permission) => role !== undefined && !role.has(permission))
  if (lacking !== undefined) throw gcpError('forbidden', `Required '${lacking}' permission for '${path}'`)
}
