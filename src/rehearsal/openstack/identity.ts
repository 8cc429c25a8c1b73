import { type Json, objectIn } from '../kit/json.ts'
import { type Accounts, type Caller, idOf, projectOf } from './account.ts'
import { notImplemented, openStackError } from './openstack-error.ts'
import { identityHost, imagesUrl, regions } from './places.ts'

/** What Keystone answers. */
export interface IdentityOutput {
  readonly operation: string
  readonly status: number
  readonly json: Json
  readonly token?: string
}

const domainOf = { id: 'default', name: 'Default' }
const identityUrl = `https://${identityHost}/v3`

function catalog(): readonly Json[] {
  const endpoints = (list: readonly (readonly [string, string])[], service: string): readonly Json[] =>
    list.flatMap(([region, url]) =>
      ['public', 'internal', 'admin'].map((choice) => ({
        ...{ id: idOf('credential', `${service} ${region} ${choice}`), interface: choice },
        ...{ region, region_id: region, url },
      })),
    )
  const places = regions.map((name) => [name, imagesUrl(name)] as const)
  const identity = regions.map((name) => [name, identityUrl] as const)
  return [
    { id: 'keystone', name: 'keystone', type: 'identity', endpoints: endpoints(identity, 'identity') },
    { id: 'glance', name: 'glance', type: 'image', endpoints: endpoints(places, 'image') },
  ]
}

function tokenOutput({ user, project, roles, expiresAt }: Caller, method: string, now: number): Json {
  return {
    token: {
      methods: [method],
      user: { id: idOf('user', user), name: user, domain: domainOf, password_expires_at: null },
      project: { id: project, name: user, domain: domainOf },
      roles: roles.map((name) => ({ id: idOf('credential', name), name })),
      catalog: catalog(),
      is_domain: false,
      audit_ids: [idOf('credential', String(expiresAt)).slice(0, 22)],
      issued_at: new Date(now).toISOString(),
      expires_at: new Date(expiresAt).toISOString(),
    },
  }
}

const version: Json = {
  ...{ id: 'v3.14', status: 'stable', updated: '2020-04-07T00:00:00Z' },
  links: [{ rel: 'self', href: `${identityUrl}/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
}

/** https://docs.openstack.org/api-ref/identity/v3/ (2026-11) */
export function identity(
  accounts: Accounts,
  request: { readonly method: string; readonly path: string; readonly body: Json; readonly token: string | undefined },
  now: number,
): IdentityOutput {
  const asked = `${request.method} ${request.path.replace(/\/$/, '')}`
  if (asked === 'GET ') return { operation: 'GetVersions', status: 300, json: { versions: { values: [version] } } }
  if (asked === 'GET /v3') return { operation: 'GetVersion', status: 200, json: { version } }
  if (asked === 'POST /v3/auth/tokens') {
    const { token, caller, method } = accounts.login(request.body, now)
    return { operation: 'CreateToken', status: 201, json: tokenOutput(caller, method, now), token }
  }
  accounts.whose(request.token, now)
  const [, id] = /^GET \/v3\/projects\/([\w-]+)$/.exec(asked) ?? []
  if (id !== undefined) {
    const name = projectOf(id)
    if (name === undefined) throw openStackError(404, `Could not find project: ${id}.`)
    return { operation: 'GetProject', status: 200, json: { project: objectIn({ id, name, domain_id: 'default' }) } }
  }
  throw notImplemented(`${request.method} ${request.path} of Keystone`)
}
