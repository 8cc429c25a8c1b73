import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Json, objectIn, textIn, textsIn } from '../kit/json.ts'
import { openStackError } from './openstack-error.ts'
import { identityHost, imagesUrl, regions } from './places.ts'

/** Who asks, in which project. */
export interface Caller {
  readonly user: string
  readonly project: string
  readonly roles: readonly string[]
  readonly expiresAt: number
}

/** The users and projects of the rehearsed OpenStack; each user is in the project of its name. */
export interface Accounts {
  /** Logs in as the body of a request asks. https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management (2026-11) */
  login(body: Json, now: number): { readonly token: string; readonly caller: Caller; readonly method: string }
  /** Whose token this is, or a refusal. */
  whose(token: string | undefined, now: number): Caller
}

/** The cloud in clouds.yaml, and the user, that a rehearsal is done as. */
export const account = 'sindri-rehearsal'
const users = [account, `${account}-other`, `${account}-admin`] as const
const cloudsFile = 'clouds.yaml'
const secretsFile = 'secrets.json'
const lifetimeMs = 3_600_000

/** The ids of a user, its project and its application credential. */
export function idOf(kind: 'user' | 'project' | 'credential', name: string): string {
  return createHmac('sha256', kind).update(name).digest('hex').slice(0, 32)
}

/** The name of a project. */
export function projectOf(id: string): string | undefined {
  return users.find((name) => idOf('project', name) === id)
}

interface Secrets {
  readonly key: string
  readonly passwords: Readonly<Record<string, string>>
  /** Of the application credential. */
  readonly credential: string
}

function secretsIn(folder: string): Secrets {
  const file = join(folder, secretsFile)
  if (!existsSync(file)) {
    const secret = (): string => randomBytes(24).toString('base64url')
    const passwords = Object.fromEntries(users.map((name) => [name, secret()]))
    writeFileSync(file, JSON.stringify({ key: secret(), passwords, credential: secret() }), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Secrets // written above, and by nothing else
}

/** Variables that lead OpenStack's clients and Sindri to the throw-away clouds. */
export function accountEnvironment(folder: string): Readonly<Record<string, string>> {
  return { OS_CLIENT_CONFIG_FILE: join(folder, cloudsFile), OS_CLOUD: account, SINDRI_OPENSTACK_CLOUD: account }
}

/**
 * Opens the throw-away users kept in `folder`, or makes them, and writes clouds.yaml: one cloud for each user, and one
 * with an application credential of the first.
 */
export function openAccounts(folder: string): Accounts {
  const { key, passwords, credential } = secretsIn(folder)
  const common = { regions, identity_api_version: '3' }
  const auth_url = `https://${identityHost}/v3`
  const domains = { user_domain_name: 'Default', project_domain_name: 'Default' }
  const clouds = Object.fromEntries(
    users.map((name) => [
      name,
      { ...common, auth: { auth_url, username: name, password: passwords[name], project_name: name, ...domains } },
    ]),
  )
  const own = { application_credential_id: idOf('credential', account), application_credential_secret: credential }
  const app = { ...common, auth_type: 'v3applicationcredential', auth: { auth_url, ...own } }
  // Whatever a config calls its regions, each has its own Glance. OpenStack's SDK fills in the name as well.
  const inAnyRegion = { ...clouds[account], image_endpoint_override: imagesUrl('{region_name}') }
  // JSON is YAML.
  const document = JSON.stringify(
    { clouds: { ...clouds, [account]: inAnyRegion, [`${account}-app`]: app } },
    undefined,
    2,
  )
  writeFileSync(join(folder, cloudsFile), document, { mode: 0o600 })

  const sign = (words: string): string => createHmac('sha256', key).update(words).digest('base64url')
  const refusal = () => openStackError(401, 'The request you have made requires authentication.')

  function userIn(body: Json): { readonly user: string; readonly method: string } {
    const { identity } = objectIn(body.auth)
    const { methods, password, application_credential: app } = objectIn(identity)
    const [method] = textsIn(methods)
    if (method === 'application_credential') {
      const { id, name, user, secret } = objectIn(app)
      const named = id === idOf('credential', account) || (name === 'app' && nameIn(objectIn(user), 'user') === account)
      if (named && same(textIn(secret) ?? '', credential)) return { user: account, method }
    } else if (method === 'password') {
      const given = objectIn(objectIn(password).user)
      const user = nameIn(given, 'user')
      if (user !== undefined && same(textIn(given.password) ?? '', passwords[user] ?? '')) return { user, method }
    }
    throw refusal()
  }

  return {
    login(body, now) {
      const { user, method } = userIn(body)
      const { project } = objectIn(objectIn(body.auth).scope)
      if (project !== undefined && nameIn(objectIn(project), 'project') !== user) throw refusal()
      const expiresAt = now + lifetimeMs
      const words = Buffer.from(JSON.stringify({ user, expiresAt })).toString('base64url')
      return { token: `${words}.${sign(words)}`, caller: callerOf(user, expiresAt), method }
    },
    whose(token, now) {
      const [words = '', signature = ''] = (token ?? '').split('.')
      if (!same(signature, sign(words))) throw refusal()
      const { user, expiresAt } = objectIn(JSON.parse(Buffer.from(words, 'base64url').toString()))
      if (Number(expiresAt) < now) throw refusal()
      return callerOf(String(user), Number(expiresAt))
    },
  }
}

function callerOf(user: string, expiresAt: number): Caller {
  const roles = user.endsWith('-admin') ? ['admin', 'member', 'reader'] : ['member', 'reader']
  return { user, project: idOf('project', user), roles, expiresAt }
}

/** A user or a project that is named, or given by its id. */
function nameIn(given: Json, kind: 'user' | 'project'): string | undefined {
  return users.find((name) => given.name === name || given.id === idOf(kind, name))
}

function same(a: string, b: string): boolean {
  return a !== '' && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
