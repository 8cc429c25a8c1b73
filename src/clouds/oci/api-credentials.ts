import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  type AuthenticationDetailsProvider,
  DefaultRequestSigner,
  InstancePrincipalsAuthenticationDetailsProviderBuilder,
  Region,
  SimpleAuthenticationDetailsProvider,
} from 'oci-common'
import { messageOf, SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { profileIn } from './config-file.ts'
import { credentialVariables, fileVariables, regionVariables } from './credentials.ts'
import { credentialsError } from './errors.ts'
import type { CredentialSettings } from './port.ts'

/** A request as the signer takes it; it adds headers. */
export interface Signable {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly uri: string
  readonly headers: Headers
  /** Signed with the rest; bytes that are sent to Object Storage are not. */
  readonly body?: string
  /** The request has a body that is not signed. */
  readonly unsignedBody?: boolean
}

/** Credentials that were found, by whatever way. */
export interface OciCredentials {
  readonly tenancy: string
  /** Nobody for a session or an instance. */
  readonly user: string | undefined
  readonly region: string | undefined
  /** Where they come from, for people. */
  readonly source: string
  sign(request: Signable): Promise<void>
}

/**
 * Finds credentials as users of the OCI CLI have them: variables come before the fields of the profile in the file.
 * @throws SindriError `credentials` naming where they were looked for
 */
export async function findCredentials(settings: CredentialSettings, environment: Environment): Promise<OciCredentials> {
  return settings.useInstancePrincipals ? ofInstance() : ofUser(settings, environment)
}

/** The domain in which a region's services are: https://docs.oracle.com/iaas/Content/General/Concepts/regions.htm (2026-11). */
export function domainOf(region: string): string {
  return Region.fromRegionId(region)?.realm.secondLevelDomain ?? 'oraclecloud.com'
}

async function ofInstance(): Promise<OciCredentials> {
  const source = 'the instance this runs on'
  try {
    const provider = await new InstancePrincipalsAuthenticationDetailsProviderBuilder().build()
    const tenancy = /tenancy\.[^/]+/.exec(await provider.getKeyId())?.[0] ?? 'its tenancy'
    return { tenancy, user: undefined, region: provider.getRegion().regionId, source, sign: signer(provider, source) }
  } catch (error) {
    throw credentialsError(source, messageOf(error), error)
  }
}

type Field = keyof typeof credentialVariables

function ofUser(settings: CredentialSettings, environment: Environment): OciCredentials {
  const file = expanded(
    settings.accessCfgFile ?? (firstSet(environment, fileVariables.access_cfg_file)?.value || '~/.oci/config'),
    environment,
  )
  const name =
    settings.accessCfgFileAccount ?? firstSet(environment, fileVariables.access_cfg_file_account)?.value ?? 'DEFAULT'
  const profile = existsSync(file) ? profileIn(readFileSync(file, 'utf8'), name) : undefined
  const used: string[] = []
  const field = (variable: Field, key: string): string | undefined => {
    const set = firstSet(environment, credentialVariables[variable])
    if (set !== undefined) used.push(set.name)
    return set?.value ?? (profile?.[key] || undefined)
  }
  const user = field('user_ocid', 'user')
  const tenancy = field('tenancy_ocid', 'tenancy')
  const fingerprint = field('fingerprint', 'fingerprint')
  const content = field('key', 'key_content')
  const keyFile = content === undefined ? field('key_file', 'key_file') : undefined
  const passPhrase = field('pass_phrase', 'pass_phrase')
  const token = used.length === 0 ? profile?.security_token_file : undefined
  const source = [
    ...(used.length > 0 ? [`${used.join(', ')} of the environment`] : []),
    ...(profile !== undefined ? [`profile "${name}" of ${file}`] : []),
  ].join(' and ')
  const lacking = Object.entries({ user: token ?? user, tenancy, fingerprint, 'key file': content ?? keyFile })
    .filter(([, value]) => value === undefined)
    .map(([what]) => what)
  if (tenancy === undefined || fingerprint === undefined || lacking.length > 0) {
    const where = source === '' ? `there is no profile "${name}" in ${file}` : `looked for in ${source}`
    throw new SindriError('credentials', `no Oracle Cloud credentials: no ${lacking.join(', ')} (${where})`, {
      hint: "run 'oci setup config', or set OCI_CLI_USER, OCI_CLI_TENANCY, OCI_CLI_FINGERPRINT and OCI_CLI_KEY_FILE",
    })
  }
  const read = (path: string): string => {
    try {
      return readFileSync(expanded(path, environment), 'utf8')
    } catch (error) {
      throw credentialsError(source, messageOf(error), error)
    }
  }
  const key = content ?? read(keyFile ?? '')
  const session = token === undefined ? undefined : read(token).trim()
  const provider = new SimpleAuthenticationDetailsProvider(tenancy, user ?? '', fingerprint, key, passPhrase ?? null)
  // https://docs.oracle.com/iaas/Content/API/SDKDocs/clitoken.htm: the token stands in place of the three OCIDs.
  if (session !== undefined) provider.getKeyId = async () => `ST$${session}`
  return {
    tenancy,
    user: session === undefined ? user : undefined,
    region: firstSet(environment, regionVariables)?.value ?? profile?.region,
    source,
    sign: signer(provider, source),
  }
}

function signer(provider: AuthenticationDetailsProvider, source: string): OciCredentials['sign'] {
  let made: DefaultRequestSigner | undefined
  return async (request) => {
    try {
      made ??= new DefaultRequestSigner(provider)
      await made.signHttpRequest(request, request.unsignedBody === true)
    } catch (error) {
      // The key is not told: only that it cannot be read.
      throw credentialsError(source, messageOf(error), error)
    }
  }
}

function firstSet(
  environment: Environment,
  names: readonly string[],
): { readonly name: string; readonly value: string } | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') return { name, value }
  }
  return undefined
}

function expanded(path: string, environment: Environment): string {
  return path.startsWith('~/') ? join(environment.HOME || homedir(), path.slice(2)) : path
}
