import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { gcpError } from './gcp-error.ts'
import { email, project } from './places.ts'

const tokenUri = 'https://oauth2.googleapis.com/token'

/** The one account the stand-in knows. */
export interface ServiceAccount {
  /** Exchanges a signed assertion for an access token. https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
  token(
    form: URLSearchParams,
    now: number,
  ): { readonly access_token: string; readonly expires_in: number; readonly token_type: string }
  /** Whose token this is, or a refusal. */
  whose(
    accessToken: string,
    now: number,
  ): { readonly email: string; readonly scope: string; readonly expiresAt: number }
}

const lifetimeMs = 3_600_000

/** Only one key is made in a process: it takes a tenth of a second. */
let made: string | undefined

function keyFileText(): string {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString()
  const key = {
    type: 'service_account',
    project_id: project,
    private_key_id: randomUUID().replaceAll('-', ''),
    private_key: made,
    client_email: email,
    client_id: '100000000000000000001',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: tokenUri,
    universe_domain: 'googleapis.com',
  }
  return JSON.stringify(key, undefined, 2)
}

/** Opens the throw-away account whose key is kept in `file`, or makes it. The key opens nothing but this rehearsal. */
export function openServiceAccount(file: string): ServiceAccount {
  if (!existsSync(file)) writeFileSync(file, keyFileText(), { mode: 0o600 })
  const { private_key: privateKey } = JSON.parse(readFileSync(file, 'utf8')) as { readonly private_key: string } // written above
  const publicKey = createPublicKey(privateKey)
  const sign = (words: string): string => createHmac('sha256', privateKey).update(words).digest('base64url')

  return {
    token(form, now) {
      const refuse = (error: string, description: string): never => {
        throw Object.assign(gcpError('invalid', description), { oauth: error })
      }
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
        return refuse('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type')}`)
      const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
      const signed = verify(
        'sha256',
        Buffer.from(`${header}.${claims}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      )
      const { alg } = decoded(header)
      const { iss, aud, exp, iat, scope } = decoded(claims)
      if (alg !== 'RS256' || !signed) return refuse('invalid_grant', 'Invalid JWT Signature.')
      if (iss !== email) return refuse('invalid_grant', 'Invalid grant: account not found')
      if (aud !== tokenUri) return refuse('invalid_grant', 'Invalid JWT: Failed audience check.')
      const seconds = now / 1000
      if (Number(exp) < seconds || Number(iat) > seconds + 300 || Number(exp) - Number(iat) > 3600)
        return refuse(
          'invalid_grant',
          'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
        )
      if (typeof scope !== 'string' || scope === '')
        return refuse('invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
      const words = Buffer.from(JSON.stringify({ scope, expiresAt: now + lifetimeMs })).toString('base64url')
      return { access_token: `ya29.${words}.${sign(words)}`, expires_in: lifetimeMs / 1000, token_type: 'Bearer' }
    },
    whose(accessToken, now) {
      const own = selfSigned(accessToken, publicKey)
      if (own !== undefined && own.expiresAt > now) return own
      const [, words = '', signature = ''] = accessToken.split('.')
      const [made, given] = [Buffer.from(sign(words)), Buffer.from(signature)]
      const genuine = made.length === given.length && timingSafeEqual(made, given)
      const { scope, expiresAt } = genuine ? decoded(words) : { scope: '', expiresAt: 0 }
      if (Number(expiresAt) < now)
        throw gcpError(
          'authError',
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        )
      return { email, scope: String(scope), expiresAt: Number(expiresAt) }
    },
  }
}

/**
 * A token that the client signed itself instead of asking for one, for one service or for scopes.
 * https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth (2026-11)
 */
function selfSigned(token: string, publicKey: KeyObject): ReturnType<ServiceAccount['whose']> | undefined {
  const [header = '', claims = '', signature = ''] = token.split('.')
  if (decoded(header).alg !== 'RS256') return undefined
  const signed = verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))
  const { iss, sub, aud, scope, iat, exp } = decoded(claims)
  const isOurs = aud === 'https://compute.googleapis.com/' || typeof scope === 'string'
  if (!signed || iss !== email || sub !== email || !isOurs || Number(exp) - Number(iat) > 3600) return undefined
  return {
    email,
    scope: String(scope ?? 'https://www.googleapis.com/auth/cloud-platform'),
    expiresAt: Number(exp) * 1000,
  }
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(Buffer.from(part, 'base64url').toString())))
  } catch {
    return {}
  }
}
