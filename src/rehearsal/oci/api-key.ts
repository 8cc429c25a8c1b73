import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The one user the stand-in knows; compartments of any other OCID are of the same tenancy. */
export const tenancy: string = `ocid1.tenancy.oc1..aaaaaaaasindrirehearsal${'a'.repeat(38)}`
/** Its OCID. */
export const user: string = `ocid1.user.oc1..aaaaaaaasindrirehearsal${'a'.repeat(38)}`

/** The key that requests must be signed with. */
export interface ApiKey {
  /** What the key is called in a signature: `tenancy/user/fingerprint`, or `ST$` and the token of a session. */
  readonly keyIds: ReadonlySet<string>
  readonly publicKey: KeyObject
}

const configFile = 'config'
const keyFile = 'key.pem'
const tokenFile = 'session-token'
const region = 'us-phoenix-1'

/** Only one key is made in a process: it takes a tenth of a second. */
let made: string | undefined

/**
 * Opens the throw-away key and configuration file kept in `folder`, or makes them. PKCS#1, because Packer 1.6.6 reads
 * nothing else. The key opens nothing but this rehearsal.
 */
export function openApiKey(folder: string): ApiKey {
  const file = join(folder, keyFile)
  if (!existsSync(file)) {
    made ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ format: 'pem', type: 'pkcs1' })
      .toString()
    writeFileSync(file, made, { mode: 0o600 })
  }
  const publicKey = createPublicKey(readFileSync(file, 'utf8'))
  const fingerprint = fingerprintOf(publicKey)
  const fields = { user, fingerprint, tenancy, region, key_file: file }
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}\n`)
  const token = join(folder, tokenFile)
  if (!existsSync(token)) writeFileSync(token, randomBytes(32).toString('base64url'), { mode: 0o600 })
  const session = `[SESSION]\nsecurity_token_file=${token}\n`
  writeFileSync(join(folder, configFile), `[DEFAULT]\n${lines.join('')}${session}`, { mode: 0o600 })
  const keyIds = new Set([`${tenancy}/${user}/${fingerprint}`, `ST$${readFileSync(token, 'utf8')}`])
  return { keyIds, publicKey }
}

/** Variables that lead the OCI CLI, Packer's template and Sindri to the key; the file alone would not win over a config's. */
export function apiKeyEnvironment(folder: string): Readonly<Record<string, string>> {
  const config = join(folder, configFile)
  const text = existsSync(config) ? readFileSync(config, 'utf8') : ''
  return {
    OCI_CLI_CONFIG_FILE: config,
    OCI_CLI_USER: user,
    OCI_CLI_TENANCY: tenancy,
    OCI_CLI_FINGERPRINT: /^fingerprint=(.*)$/m.exec(text)?.[1] ?? '',
    OCI_CLI_KEY_FILE: join(folder, keyFile),
    // The CLI asks for a label in the key's file, which Packer 1.6.6 does not expect.
    SUPPRESS_LABEL_WARNING: 'True',
  }
}

/** https://docs.oracle.com/iaas/Content/API/Concepts/apisigningkey.htm#four (2026-11) */
function fingerprintOf(key: KeyObject): string {
  const digest = createHash('md5')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('hex')
  return digest.match(/../g)?.join(':') ?? ''
}
