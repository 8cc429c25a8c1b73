import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import {
  type AccessToken,
  AzureCliCredential,
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
} from '@azure/identity'
import { messageOf, SindriError } from '../../core/error.ts'
import { credentialsError } from './errors.ts'
import type { Login } from './login.ts'

/** A token that ends sooner is not used any more. */
const spareMs = 5 * 60_000
const managementScope = 'https://management.azure.com/.default'

/** Access tokens, by default for Azure Resource Manager: the same one until it ends. @throws SindriError `credentials` */
export function tokens(
  login: Login,
  subscription: string,
  tenantOf: () => Promise<string>,
): (scope?: string) => Promise<string> {
  let credential: ReturnType<typeof credentialOf> | undefined
  // The Azure CLI is a program of its own, which would run for every request.
  const kept = new Map<string, Promise<AccessToken>>()
  async function ask(wanted: string): Promise<AccessToken> {
    credential ??= credentialOf(login, subscription, tenantOf)
    return (await credential).getToken(wanted)
  }
  async function fresh(scope: string): Promise<string> {
    const before = kept.get(scope)
    if (before !== undefined && (await before).expiresOnTimestamp - Date.now() > spareMs) return (await before).token
    // Another request may have asked anew meanwhile.
    const now = kept.get(scope)
    const asked = now === undefined || now === before ? ask(scope) : now
    kept.set(scope, asked)
    return (await asked).token
  }
  return async (scope = managementScope) => {
    try {
      return await fresh(scope)
    } catch (error) {
      credential = undefined
      kept.delete(scope)
      throw credentialsError(error, login.source)
    }
  }
}

async function credentialOf(login: Login, subscription: string, tenantOf: () => Promise<string>) {
  if (login.kind === 'managed-identity')
    return login.client === undefined
      ? new ManagedIdentityCredential()
      : new ManagedIdentityCredential({ clientId: login.client })
  if (login.kind === 'cli') return new AzureCliCredential(login.tenant ? { tenantId: login.tenant } : { subscription })
  const tenant = login.tenant ?? (await tenantOf())
  switch (login.kind) {
    case 'secret':
      return new ClientSecretCredential(tenant, login.client, login.secret)
    case 'certificate':
      return new ClientCertificateCredential(tenant, login.client, { certificate: await pemOf(login) })
    case 'token':
      return new ClientAssertionCredential(tenant, login.client, async () => login.token)
    case 'token-file':
      // Whoever wrote the file writes it anew before the token in it ends.
      return new ClientAssertionCredential(tenant, login.client, async () =>
        (await readFile(login.file, 'utf8')).trim(),
      )
    case 'token-request':
      return new ClientAssertionCredential(tenant, login.client, () => requestedToken(login))
  }
}

/** https://docs.github.com/actions/reference/security/oidc (2026-11) */
async function requestedToken({ url, bearer }: Login & { kind: 'token-request' }): Promise<string> {
  const asked = new URL(url)
  asked.searchParams.set('audience', 'api://AzureADTokenExchange')
  const answer = await fetch(asked, { headers: { authorization: `Bearer ${bearer}` } })
  const told: unknown = await answer.json()
  const value = typeof told === 'object' && told !== null ? Reflect.get(told, 'value') : undefined
  if (typeof value === 'string') return value
  throw new SindriError('credentials', `${asked.origin} gave no OpenID Connect token (HTTP status ${answer.status})`)
}

/**
 * The key and certificates of a PKCS#12 file, which is the form the builder takes, as the text that the library takes.
 * The password goes by the environment, and the key is written to no file.
 */
async function pemOf({ file, password }: Login & { kind: 'certificate' }): Promise<string> {
  try {
    const words = ['pkcs12', '-in', file, '-nodes', '-passin', 'env:SINDRI_PKCS12_PASSWORD']
    const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', SINDRI_PKCS12_PASSWORD: password ?? '' }
    return (await promisify(execFile)('openssl', words, { env: environment })).stdout
  } catch (error) {
    throw new SindriError('credentials', `openssl cannot read the PKCS#12 file ${file}: ${reasonOf(error)}`, {
      hint: 'set AZURE_CLIENT_CERTIFICATE_PASSWORD if the file has a password, and install openssl',
    })
  }
}

/** What openssl said, without the command. */
function reasonOf(error: unknown): string {
  const said: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'stderr') : undefined
  return (typeof said === 'string' && said !== '' ? said : messageOf(error)).trim().split('\n')[0] ?? ''
}
