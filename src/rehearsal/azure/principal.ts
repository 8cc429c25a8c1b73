import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../kit/json.ts'
import { azureError } from './azure-error.ts'
import { account } from './places.ts'

/** A refusal of the token service, in OAuth's form (RFC 6749) with Microsoft's codes. */
export interface TokenRefusal extends Error {
  readonly oauth: string
  readonly status: number
}

/** The one service principal the stand-in knows. */
export interface Principal {
  /** Exchanges a secret or an assertion for an access token. https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
  token(tenant: string, form: URLSearchParams, now: number): Json
  /** Refuses a token that is not ours, not for Resource Manager, or has ended. */
  check(accessToken: string, now: number): void
  /** True for a token of ours for Storage that has not ended. */
  opensStorage(accessToken: string, now: number): boolean
}

interface Kept {
  readonly secret: string
  readonly privateKey: string
}

const secretFile = 'secret'
const keyFile = 'key.pem'
const lifetimeMs = 3_600_000
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const managementAudiences = ['https://management.azure.com', 'https://management.core.windows.net']
const storageAudience = 'https://storage.azure.com'
const audiences = [...managementAudiences, storageAudience, 'https://vault.azure.net']

/** Only one key is made in a process: it takes a tenth of a second. */
let made: string | undefined

function newKey(): string {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString()
  return made
}

/** The throw-away secret kept in `folder`, which opens nothing but this rehearsal; empty before the first. */
export function secretIn(folder: string): string {
  const file = join(folder, secretFile)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function keptIn(folder: string, name: string, make: () => string): string {
  const file = join(folder, name)
  if (!existsSync(file)) writeFileSync(file, make(), { mode: 0o600 })
  return readFileSync(file, 'utf8')
}

/**
 * Opens the service principal whose secret is kept in `folder`, with a key that tokens and assertions are signed with:
 * the application's registered certificate and the issuer of its federated credential have the same one.
 */
export function openPrincipal(folder: string): Principal {
  const kept: Kept = {
    secret: keptIn(folder, secretFile, () => `rehearsed~${randomBytes(24).toString('base64url')}`),
    privateKey: keptIn(folder, keyFile, newKey),
  }
  const publicKey = createPublicKey(kept.privateKey)
  const kid = createHash('sha1')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64url')

  function jwt(claims: Json): string {
    const words = [{ typ: 'JWT', alg: 'RS256', x5t: kid, kid }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const signature = sign('sha256', Buffer.from(words.join('.')), kept.privateKey).toString('base64url')
    return [...words, signature].join('.')
  }

  /** What a token says, if this key signed it and it has not ended. */
  function claimsOf(token: string, now: number): Json | undefined {
    const [header = '', claims = '', signature = ''] = token.split('.')
    const bytes = Buffer.from(`${header}.${claims}`)
    // The older of the two ways to sign with RSA, or the one that Microsoft's libraries choose for certificates.
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    const key = { key: publicKey, ...(decoded(header).alg === 'PS256' && pss) }
    if (!verify('sha256', bytes, key, Buffer.from(signature, 'base64url'))) return undefined
    const said = decoded(claims)
    return Number(said.exp) * 1000 < now ? undefined : said
  }

  const isFor = (said: Json | undefined, wanted: readonly string[]): boolean =>
    said?.oid === account.principal && wanted.includes(String(said.aud ?? '').replace(/\/+$/, ''))

  return {
    token(tenant, form, now) {
      if (tenant !== account.tenant) throw refusal(400, 'invalid_request', `AADSTS90002: Tenant '${tenant}' not found.`)
      const client = form.get('client_id') ?? ''
      if (client !== account.client) {
        const message = `AADSTS700016: Application with identifier '${client}' was not found in the directory 'rehearsal'.`
        throw refusal(400, 'unauthorized_client', message)
      }
      if (form.get('grant_type') !== 'client_credentials')
        throw refusal(
          400,
          'unsupported_grant_type',
          `AADSTS70003: The grant type '${form.get('grant_type')}' is not supported.`,
        )
      if (form.get('client_assertion_type') === assertionType) {
        const said = claimsOf(form.get('client_assertion') ?? '', now)
        if (said === undefined || (said.sub !== client && said.sub !== 'rehearsal'))
          throw refusal(
            401,
            'invalid_client',
            'AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application.',
          )
      } else if (!same(form.get('client_secret') ?? '', kept.secret)) {
        const message = `AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client}'.`
        throw refusal(401, 'invalid_client', message)
      }
      const asked = form.get('resource') ?? (form.get('scope') ?? '').split(' ')[0]?.replace(/\.default$/, '') ?? ''
      if (!audiences.includes(asked.replace(/\/+$/, '')))
        throw refusal(
          400,
          'invalid_resource',
          `AADSTS500011: The resource principal named ${asked} was not found in the tenant.`,
        )
      const seconds = Math.floor(now / 1000)
      const ends = seconds + lifetimeMs / 1000
      const access_token = jwt({
        aud: asked,
        iss: `https://sts.windows.net/${account.tenant}/`,
        ...{ iat: seconds, nbf: seconds, exp: ends },
        ...{ appid: account.client, idtyp: 'app', oid: account.principal, sub: account.principal, tid: account.tenant },
        ver: '1.0',
      })
      const lifetime = lifetimeMs / 1000
      // The older of the two endpoints answers numbers as text.
      return form.has('resource')
        ? {
            token_type: 'Bearer',
            expires_in: `${lifetime}`,
            expires_on: `${ends}`,
            not_before: `${seconds}`,
            resource: asked,
            access_token,
          }
        : { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token }
    },

    check(accessToken, now) {
      if (isFor(claimsOf(accessToken, now), managementAudiences)) return
      throw azureError(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
    },
    opensStorage: (accessToken, now) => isFor(claimsOf(accessToken, now), [storageAudience]),
  }
}

function refusal(status: number, oauth: string, message: string): TokenRefusal {
  return Object.assign(new Error(message), { oauth, status })
}

/** True for what the token service refuses. */
export function isTokenRefusal(error: unknown): error is TokenRefusal {
  return error instanceof Error && 'oauth' in error
}

function same(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function decoded(part: string): Json {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(Buffer.from(part, 'base64url').toString())))
  } catch {
    return {}
  }
}
