import { type Block, environment, type Raw, variable, variableBlock } from '../../packer/hcl.ts'

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
export function alibabaStandIns(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  if (Object.values(credentialVariables).flat().some(isSet)) return {}
  const { access_key, secret_key } = credentialVariables
  return { [access_key[0]]: 'made-up-for-validation', [secret_key[0]]: 'made-up-for-validation' }
}
