import { SindriError } from '../../core/error.ts'
import { type Block, environment, type Raw, variable, variableBlock } from '../../packer/hcl.ts'
import type { Environment } from '../cloud.ts'

/**
 * Variables of the environment by attribute of the builder: Alibaba Cloud's own, which the builder does not read, then
 * the builder's. https://www.alibabacloud.com/help/en/cli/configure-environment-variables (2026-11)
 */
const credentialVariables = {
  access_key: ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALICLOUD_ACCESS_KEY'],
  secret_key: ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', 'ALICLOUD_SECRET_KEY'],
  security_token: ['ALIBABA_CLOUD_SECURITY_TOKEN', 'ALICLOUD_SECURITY_TOKEN', 'SECURITY_TOKEN'],
  profile: ['ALIBABA_CLOUD_PROFILE', 'ALICLOUD_PROFILE'],
  ram_role_name: ['ALIBABA_CLOUD_ECS_METADATA'],
} as const

const secret: ReadonlySet<string> = new Set(['access_key', 'secret_key', 'security_token'])

/** Where credentials come from; `name` says it to people and holds no secret. */
export type CredentialSource = { readonly name: string } & (
  | { readonly kind: 'key'; readonly id: string; readonly secret: string; readonly token: string | undefined }
  | { readonly kind: 'profile'; readonly profile: string }
  | { readonly kind: 'role'; readonly role: string }
)

/**
 * The credentials that the builder takes of this environment: a role of the instance, then a key, then a profile.
 * @throws SindriError `credentials` for half a key
 */
export function credentialSource(environment: Environment): CredentialSource | undefined {
  const found = (attribute: keyof typeof credentialVariables): { name: string; value: string } | undefined => {
    const name = credentialVariables[attribute].find((one) => (environment[one] ?? '') !== '')
    return name === undefined ? undefined : { name, value: environment[name] ?? '' }
  }
  const role = found('ram_role_name')
  if (role !== undefined)
    return { kind: 'role', name: `the RAM role ${role.value} of this instance (${role.name})`, role: role.value }
  const key = found('access_key')
  const keySecret = found('secret_key')
  if (key !== undefined && keySecret !== undefined) {
    const token = found('security_token')?.value
    return { kind: 'key', name: `${key.name} of the environment`, id: key.value, secret: keySecret.value, token }
  }
  const profile = found('profile')
  const half = key ?? keySecret
  if (profile === undefined && half !== undefined) {
    const lacking = credentialVariables[key === undefined ? 'access_key' : 'secret_key'].join(' or ')
    throw new SindriError('credentials', `${half.name} is set, and ${lacking} is not`, { hint: 'set both' })
  }
  if (profile === undefined) return undefined
  return { kind: 'profile', name: `profile "${profile.value}" of ~/.aliyun/config.json`, profile: profile.value }
}

/** Keys by the names under which the template takes them; and no profile, whose region would win over the template's. */
export function keyVariables(keys: {
  readonly id: string
  readonly secret: string
  readonly token: string
}): Readonly<Record<string, string>> {
  const { access_key, secret_key, security_token, profile } = credentialVariables
  const none = [...security_token, ...profile].map((name) => [name, ''])
  return {
    ...Object.fromEntries(none),
    [access_key[0]]: keys.id,
    [secret_key[0]]: keys.secret,
    [security_token[0]]: keys.token,
  }
}

/** Attributes by which the builder finds credentials, through the variables of the template. */
export const credentialAttributes: Readonly<Record<string, Raw>> = Object.fromEntries(
  Object.keys(credentialVariables).map((name) => [name, variable(`alibaba_${name}`)]),
)

/** The variables of the template that are taken from the environment. */
export const credentialBlocks: readonly Block[] = Object.entries(credentialVariables).map(
  ([name, [first, ...others]]) =>
    variableBlock(`alibaba_${name}`, {
      type: 'string',
      description: `${name} of the builder`,
      ...(secret.has(name) && { sensitive: true }),
      default: environment(first, ...others),
    }),
)

/** A key that nobody has, where none is there: the builder checks its settings only when it is given one. */
export function alibabaStandIns(environment: Environment): Readonly<Record<string, string>> {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  if (Object.values(credentialVariables).flat().some(isSet)) return {}
  const { access_key, secret_key } = credentialVariables
  return { [access_key[0]]: 'made-up-for-validation', [secret_key[0]]: 'made-up-for-validation' }
}
