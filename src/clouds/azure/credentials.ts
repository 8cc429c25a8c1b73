import {
  type Block,
  call,
  environment,
  interpolate,
  isEmpty,
  none,
  type Value,
  variable,
  variableBlock,
} from '../../packer/hcl.ts'
import type { Environment } from '../cloud.ts'
import { type AzureImageSettings, written } from './settings.ts'

type Attribute =
  | 'client_id'
  | 'client_secret'
  | 'client_cert_path'
  | 'client_cert_password'
  | 'client_jwt'
  | 'oidc_request_url'
  | 'oidc_request_token'
  | 'tenant_id'

/** What is no attribute of the builder, and decides about some. */
type Choice = 'federated_token_file' | 'use_msi'

interface Credential<Name = Attribute> {
  readonly attribute: Name
  readonly description: string
  /** The first that is set is taken. */
  readonly from: readonly [string, ...string[]]
}

/**
 * What azure-arm takes for a service principal. It reads none of it from the environment itself (read in the source of
 * plugin 2.6), so each is a variable; the names are those of Azure's SDKs, of Terraform and of GitHub's workflows.
 */
const credentials: readonly Credential[] = [
  {
    attribute: 'client_id',
    description: 'Application id of a service principal',
    from: ['AZURE_CLIENT_ID', 'ARM_CLIENT_ID'],
  },
  {
    attribute: 'client_secret',
    description: 'Secret of the service principal',
    from: ['AZURE_CLIENT_SECRET', 'ARM_CLIENT_SECRET'],
  },
  {
    attribute: 'client_cert_path',
    description: 'Certificate of the service principal: path of a PKCS#12 file',
    from: ['AZURE_CLIENT_CERTIFICATE_PATH', 'ARM_CLIENT_CERTIFICATE_PATH'],
  },
  {
    attribute: 'client_cert_password',
    description: 'Password of that file',
    from: ['AZURE_CLIENT_CERTIFICATE_PASSWORD', 'ARM_CLIENT_CERTIFICATE_PASSWORD'],
  },
  {
    attribute: 'client_jwt',
    description: 'OpenID Connect token of the service principal',
    from: ['ARM_OIDC_TOKEN'],
  },
  {
    attribute: 'oidc_request_url',
    description: 'Where to ask for such a token; set in a workflow that may write id-token',
    from: ['ARM_OIDC_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_URL'],
  },
  {
    attribute: 'oidc_request_token',
    description: 'What to ask for it with',
    from: ['ARM_OIDC_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'],
  },
]

const choices: readonly Credential<Choice>[] = [
  {
    attribute: 'federated_token_file',
    description: 'File with such a token, as workload identity of Kubernetes sets it',
    from: ['AZURE_FEDERATED_TOKEN_FILE', 'ARM_OIDC_TOKEN_FILE_PATH'],
  },
  {
    attribute: 'use_msi',
    description: 'Whether to use the managed identity of the machine Packer runs on: true or false',
    from: ['ARM_USE_MSI'],
  },
]

const tenant: Credential = {
  attribute: 'tenant_id',
  description: 'Tenant of the subscription; if it is not set, Azure is asked',
  from: ['AZURE_TENANT_ID', 'ARM_TENANT_ID'],
}

/** The value this environment has for a credential, and the variable it is in. */
export function credentialFrom(
  environment: Environment,
  attribute: Attribute | Choice,
): { readonly name: string; readonly value: string } | undefined {
  const names = [...credentials, ...choices, tenant].find((one) => one.attribute === attribute)?.from ?? []
  return names.map((name) => ({ name, value: environment[name] ?? '' })).find(({ value }) => value !== '')
}

function needed({ tenantId }: AzureImageSettings): readonly Credential[] {
  return tenantId === undefined ? [...credentials, tenant] : credentials
}

/** One sensitive variable for each credential: its value is in the environment, never in a template. */
export function credentialVariables(azure: AzureImageSettings): readonly Block[] {
  return [
    ...[...needed(azure), ...choices].map(({ attribute, description, from }) =>
      variableBlock(`azure_${attribute}`, {
        type: 'string',
        description,
        sensitive: true,
        default: environment(...from),
      }),
    ),
    variableBlock('azure_cli_auth', {
      type: 'bool',
      description:
        'Whether to use the login of the Azure CLI; if it is not set: when there is no azure_client_id and no azure_use_msi',
      default: none,
    }),
  ]
}

/** Empty without a client id and without a managed identity: then the Azure CLI is asked. */
const principal = interpolate([variable('azure_client_id'), call('replace', variable('azure_use_msi'), 'false', '')])

const token = call('try', call('file', variable('azure_federated_token_file')), variable('azure_client_jwt'))

/** Who builds, and where it is paid for. */
export function credentialAttributes(azure: AzureImageSettings): Readonly<Record<string, Value>> {
  return {
    use_azure_cli_auth: call('coalesce', variable('azure_cli_auth'), isEmpty(principal)),
    subscription_id: written(azure.subscriptionId),
    ...(azure.tenantId === undefined ? {} : { tenant_id: written(azure.tenantId) }),
    ...Object.fromEntries(needed(azure).map(({ attribute }) => [attribute, variable(`azure_${attribute}`)])),
    client_jwt: token,
  }
}
