import { homedir } from 'node:os'
import { SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { isSettings, type Setting, type Settings, textOf } from './written.ts'

/** A thing of Keystone by its id, or by its name in a domain. */
export type Named =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

/** How Keystone knows who asks. https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management (2026-11) */
export type Login =
  | { readonly kind: 'password'; readonly user: Named; readonly password: string; readonly project: Named | undefined }
  | { readonly kind: 'token'; readonly token: string; readonly project: Named | undefined }
  | { readonly kind: 'application-credential'; readonly credential: Credential; readonly secret: string }

/** An application credential; its name is one only for its user. */
type Credential = { readonly id: string } | { readonly name: string; readonly user: Named }

/** Files by which servers and this client are trusted. */
export interface Trust {
  /** False where the cloud says that its servers are not to be verified. */
  readonly verify: boolean
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** An OpenStack and how to log in to it. */
export interface OpenStackCloud {
  /** Where this comes from, for people; holds no secret. */
  readonly source: string
  /** Keystone's address with its version: `https://keystone.example:5000/v3`. */
  readonly identityUrl: string
  readonly login: Login
  /** Those that are named; without any, all that have images. */
  readonly regions: readonly string[]
  /** Which of its addresses a service is reached at. */
  readonly interface: 'public' | 'internal' | 'admin'
  /** Glance's address where it is not the catalogue's; `{region_name}` in it stands for the region, as for openstacksdk. */
  readonly imageUrl: string | undefined
  readonly trust: Trust
}

/** Reads the settings of one cloud. @throws SindriError `credentials` naming what is lacking in `source` */
export function loginOf(settings: Settings, source: string, environment: Environment): OpenStackCloud {
  const auth = isSettings(settings.auth) ? settings.auth : {}
  /** The first that is set: in `auth`, then beside it, where older files and the environment have it. */
  const find = (...names: readonly string[]): string | undefined =>
    [auth, settings].flatMap((from) => names.map((name) => textOf(from[name]))).find((value) => value !== undefined)
  const need = (what: string, value: string | undefined): string => {
    if (value !== undefined) return value
    throw new SindriError('credentials', `${source} has no ${what}`, {
      hint: `set it there, or OS_${what.toUpperCase()} in the environment`,
    })
  }

  const domain = (of: string): { id: string } | { name: string } => {
    const id = find(`${of}_domain_id`) ?? (find(`${of}_domain_name`) === undefined ? find('domain_id') : undefined)
    const name = find(`${of}_domain_name`, 'domain_name', 'default_domain_name')
    if (id !== undefined) return { id }
    return name === undefined ? { id: find('default_domain_id', 'default_domain') ?? 'default' } : { name }
  }
  const named = (of: string, id: string | undefined, name: string | undefined): Named | undefined => {
    if (id !== undefined) return { id }
    return name === undefined ? undefined : { name, domain: domain(of) }
  }
  const user = (): Named =>
    named('user', find('user_id'), find('username', 'user_name')) ?? { id: need('username', undefined) }
  const project = named('project', find('project_id', 'tenant_id'), find('project_name', 'tenant_name'))

  function login(): Login {
    const token = find('token', 'auth_token')
    const secret = find('application_credential_secret')
    const guess = secret !== undefined ? 'v3applicationcredential' : token === undefined ? 'password' : 'token'
    const kind = find('auth_type', 'auth_plugin') ?? guess
    switch (kind.replace(/^v3/, '')) {
      case 'password':
        // As OpenStack's own clients do: a token in the place of a password.
        if (find('password') === undefined && token !== undefined) return { kind: 'token', token, project }
        return { kind: 'password', user: user(), password: need('password', find('password')), project }
      case 'token':
        return { kind: 'token', token: need('token', token), project }
      case 'applicationcredential': {
        const id = find('application_credential_id')
        const name = need('application_credential_id', id ?? find('application_credential_name'))
        const credential = id === undefined ? { name, user: user() } : { id }
        return { kind: 'application-credential', credential, secret: need('application_credential_secret', secret) }
      }
      default:
        throw new SindriError('credentials', `${source} logs in by "${kind}", which Sindri cannot do`, {
          hint: 'auth_type may be password, token or v3applicationcredential',
        })
    }
  }

  const home = environment.HOME || homedir()
  const file = (name: string): string | undefined => find(name)?.replace(/^~(?=\/)/, home)
  const off = (value: string | undefined): boolean => /^(false|no|off|0)$/i.test(value ?? '')
  const on = (value: string | undefined): boolean => /^(true|yes|on|1)$/i.test(value ?? '')
  return {
    source,
    identityUrl: identityUrl(need('auth_url', find('auth_url')), source),
    login: login(),
    regions: regionsOf(settings),
    interface: interfaceOf(find('image_interface', 'interface', 'endpoint_type') ?? 'public', source),
    imageUrl: find('image_endpoint_override'),
    trust: {
      verify: !off(find('verify')) && !on(find('insecure')),
      cacert: file('cacert'),
      cert: file('cert'),
      key: file('key'),
    },
  }
}

/** Version 3 is below the root of every Keystone: https://docs.openstack.org/api-ref/identity/v3/#versions (2026-11) */
function identityUrl(authUrl: string, source: string): string {
  const plain = authUrl.replace(/\/+$/, '')
  if (!URL.canParse(plain) || !/^https?:/.test(plain))
    throw new SindriError('credentials', `${source}: auth_url is "${authUrl}", which is no http address`, {
      hint: 'it looks like https://keystone.example:5000/v3',
    })
  return `${plain.replace(/\/v[23](\.\d+)?$/, '')}/v3`
}

function interfaceOf(value: string, source: string): OpenStackCloud['interface'] {
  const plain = value.replace(/URL$/, '')
  if (plain === 'public' || plain === 'internal' || plain === 'admin') return plain
  throw new SindriError('credentials', `${source}: interface is "${value}"`, { hint: 'public, internal or admin' })
}

/** A list, or one, or several with commas between, as older files have them. */
function regionsOf(settings: Settings): readonly string[] {
  const list = Array.isArray(settings.regions) ? settings.regions : settings.region_name
  const all: readonly Setting[] = Array.isArray(list) ? list : (textOf(list)?.split(',') ?? [])
  return all.flatMap((one) => textOf(isSettings(one) ? one.name : one)?.trim() || [])
}
