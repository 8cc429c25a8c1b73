import { type Block, call, environment, isEmpty, none, type Value, variable, variableBlock } from '../../packer/hcl.ts'
import { type AzureImageSettings, written } from './settings.ts'

interface Credential {
  readonly attribute: string
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

const tenant: Credential = {
  attribute: 'tenant_id',
  description: 'Tenant of the subscription; if it is not set, Azure is asked',
  from: ['AZURE_TENANT_ID', 'ARM_TENANT_ID'],
}

function needed({ tenantId }: AzureImageSettings): readonly Credential[] {
  return tenantId === undefined ? [...credentials, tenant] : credentials
}

/** One sensitive variable for each credential: its value is in the environment, never in a template. */
export function credentialVariables(azure: AzureImageSettings): readonly Block[] {
  return [
    ...needed(azure).map(({ attribute, description, from }) =>
      variableBlock(`azure_${attribute}`, {
        type: 'string',
        description,
        sensitive: true,
        default: environment(...from),
      }),
    ),
    variableBlock('azure_cli_auth', {
      type: 'bool',
      description: 'Whether to use the login of the Azure CLI; if it is not set: when there is no azure_client_id',
      default: none,
    }),
  ]
}

/** Who builds, and where it is paid for. */
export function credentialAttributes(azure: AzureImageSettings): Readonly<Record<string, Value>> {
  return {
    use_azure_cli_auth: call('coalesce', variable('azure_cli_auth'), isEmpty(variable('azure_client_id'))),
    subscription_id: written(azure.subscriptionId),
    ...(azure.tenantId === undefined ? {} : { tenant_id: written(azure.tenantId) }),
    ...Object.fromEntries(needed(azure).map(({ attribute }) => [attribute, variable(`azure_${attribute}`)])),
  }
}
