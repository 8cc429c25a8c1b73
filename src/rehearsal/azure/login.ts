import type { Request } from '../kit/front.ts'
import type { Json } from '../kit/json.ts'
import { notImplemented } from './azure-error.ts'
import type { Principal } from './principal.ts'

const host = 'https://login.microsoftonline.com'

/**
 * What login.microsoftonline.com answers: which hosts are its own, where the endpoints of a tenant are (of both versions,
 * and those of the form that Active Directory Federation Services have), and tokens.
 * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc (2026-11)
 */
export function loginAnswer(
  request: Request,
  principal: Principal,
  now: number,
): { readonly method: string; answer(): Json } {
  const { path, method, query } = request
  if (path === '/common/discovery/instance')
    return { method: 'login.instance', answer: () => instanceOf(query.get('authorization_endpoint') ?? '') }
  const [, tenant = '', version] = /^\/([^/]+)(\/v2\.0)?\/\.well-known\/openid-configuration$/.exec(path) ?? []
  if (tenant !== '')
    return { method: 'login.configuration', answer: () => configurationOf(tenant, version !== undefined) }
  const [, asked = ''] = /^\/([^/]+)\/oauth2\/(?:v2\.0\/)?token$/.exec(path) ?? []
  if (asked !== '' && method === 'POST') {
    const form = new URLSearchParams(request.body.toString('utf8'))
    return { method: 'login.token', answer: () => principal.token(asked, form, now) }
  }
  throw notImplemented(`${method} ${request.host}${path}`)
}

function instanceOf(endpoint: string): Json {
  const tenant = /^https:\/\/[^/]+\/([^/]+)/.exec(endpoint)?.[1] ?? 'common'
  return {
    tenant_discovery_endpoint: `${host}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: 'login.microsoftonline.com',
        preferred_cache: 'login.windows.net',
        aliases: ['login.microsoftonline.com', 'login.windows.net'],
      },
    ],
  }
}

function configurationOf(tenant: string, second: boolean): Json {
  const own = `${host}/${tenant}`
  return {
    issuer: second ? `${own}/v2.0` : `https://sts.windows.net/${tenant}/`,
    authorization_endpoint: `${own}/oauth2/${second ? 'v2.0/' : ''}authorize`,
    token_endpoint: `${own}/oauth2/${second ? 'v2.0/' : ''}token`,
    device_authorization_endpoint: `${own}/oauth2/${second ? 'v2.0/' : ''}devicecode`,
    jwks_uri: `${own}/discovery/${second ? 'v2.0/' : ''}keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  }
}
