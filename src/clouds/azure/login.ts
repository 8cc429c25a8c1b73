import { SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { credentialFrom } from './credentials.ts'

/** How to log in, from which variables, as the template that Packer gets chooses it too. */
export type Login = { readonly source: string; readonly tenant: string | undefined } & (
  | { readonly kind: 'secret'; readonly client: string; readonly secret: string }
  | {
      readonly kind: 'certificate'
      readonly client: string
      /** A PKCS#12 file. */
      readonly file: string
      readonly password: string | undefined
    }
  | { readonly kind: 'token'; readonly client: string; readonly token: string }
  | { readonly kind: 'token-file'; readonly client: string; readonly file: string }
  | { readonly kind: 'token-request'; readonly client: string; readonly url: string; readonly bearer: string }
  | { readonly kind: 'managed-identity'; readonly client: string | undefined }
  | { readonly kind: 'cli' }
)

/**
 * The first of a service principal's secret, certificate and OpenID Connect token, then a managed identity if one is
 * asked for, then the Azure CLI's login.
 * @throws SindriError `credentials` for a client id with nothing to prove it
 */
export function loginOf(environment: Environment): Login {
  const given = (attribute: Parameters<typeof credentialFrom>[1]) => credentialFrom(environment, attribute)
  const client = given('client_id')
  const tenant = given('tenant_id')?.value
  if (given('use_msi')?.value === 'true' || environment.PKR_VAR_azure_cli_auth === 'false') {
    if (client === undefined || given('client_secret') === undefined)
      return { kind: 'managed-identity', source: 'a managed identity', tenant, client: client?.value }
  }
  if (client === undefined) return { kind: 'cli', source: "the Azure CLI's login", tenant }
  const [secret, file, password] = [
    given('client_secret'),
    given('client_cert_path'),
    given('client_cert_password')?.value,
  ]
  const [token, tokenFile] = [given('client_jwt'), given('federated_token_file')]
  const [url, bearer] = [given('oidc_request_url'), given('oidc_request_token')]
  const own = (name: string) => ({ client: client.value, tenant, source: `${client.name} and ${name}` })
  if (secret !== undefined) return { kind: 'secret', secret: secret.value, ...own(secret.name) }
  if (file !== undefined) return { kind: 'certificate', file: file.value, password, ...own(file.name) }
  if (tokenFile !== undefined) return { kind: 'token-file', file: tokenFile.value, ...own(tokenFile.name) }
  if (token !== undefined) return { kind: 'token', token: token.value, ...own(token.name) }
  if (url !== undefined && bearer !== undefined)
    return { kind: 'token-request', url: url.value, bearer: bearer.value, ...own(url.name) }
  throw new SindriError('credentials', `${client.name} is set, and nothing to prove it with`, {
    hint: 'set AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE or ARM_OIDC_TOKEN; without a client id the login of the Azure CLI is used',
  })
}
