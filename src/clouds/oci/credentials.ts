import { type Block, environment, type Raw, variable, variableBlock } from '../../packer/hcl.ts'
import type { OciImageSettings } from './settings.ts'

/**
 * Variables of the environment that stand for a field of ~/.oci/config: those of the OCI CLI, then those that Sindri's
 * guide names. The builder reads none of them.
 * https://docs.oracle.com/iaas/Content/API/SDKDocs/clienvironmentvariables.htm (2026-11)
 */
export const credentialVariables = {
  user_ocid: ['OCI_CLI_USER', 'OCI_USER_OCID'],
  tenancy_ocid: ['OCI_CLI_TENANCY', 'OCI_TENANCY_OCID'],
  fingerprint: ['OCI_CLI_FINGERPRINT', 'OCI_FINGERPRINT'],
  key: ['OCI_CLI_KEY_CONTENT'],
  key_file: ['OCI_CLI_KEY_FILE'],
  pass_phrase: ['OCI_CLI_PASSPHRASE'],
} as const

/** The file and the profile in it that the OCI CLI would use. */
export const fileVariables = {
  access_cfg_file: ['OCI_CLI_CONFIG_FILE'],
  access_cfg_file_account: ['OCI_CLI_PROFILE'],
} as const

/** The region where neither the config nor the file has to name it. */
export const regionVariables = ['OCI_CLI_REGION', 'OCI_REGION'] as const

interface Credentials {
  /** Of the source. What stays empty is taken from ~/.oci/config. */
  readonly attributes: Readonly<Record<string, string | Raw>>
  readonly variables: readonly Block[]
  /** The region where the config names none. */
  readonly region: Raw
}

/** How the template finds credentials; it holds none. As an instance the builder takes nothing but `use_instance_principals`. */
export function credentialsOf(oci: OciImageSettings): Credentials {
  const region = variable('oci_region')
  const regionBlock = declare(
    'oci_region',
    regionVariables,
    'The region, if neither config nor variable names one',
    false,
  )
  if (oci.useInstancePrincipals) return { attributes: {}, variables: [regionBlock], region }
  const fields = Object.entries(credentialVariables)
  const files = Object.entries(fileVariables)
  const written = { access_cfg_file: oci.accessCfgFile, access_cfg_file_account: oci.accessCfgFileAccount }
  const unwritten = files.filter(([name]) => written[name as keyof typeof written] === undefined)
  return {
    attributes: Object.fromEntries([
      ...[...files, ...fields].map(([name]) => [name, variable(`oci_${name}`)] as const),
      ...Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ]),
    variables: [
      regionBlock,
      ...unwritten.map(([name, names]) => declare(`oci_${name}`, names, `${name} of the builder`, false)),
      ...fields.map(([name, names]) =>
        declare(`oci_${name}`, names, `${name} in place of the one in ~/.oci/config`, name !== 'key_file'),
      ),
    ],
    region,
  }
}

function declare(
  name: string,
  [first = '', ...others]: readonly string[],
  description: string,
  sensitive: boolean,
): Block {
  return variableBlock(name, {
    type: 'string',
    description,
    ...(sensitive && { sensitive }),
    default: environment(first, ...others),
  })
}
