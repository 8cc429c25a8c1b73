import { generateKeyPair } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Resolved } from '../../config/resolved.ts'
import { credentialVariables, fileVariables } from './credentials.ts'
import { ociOf } from './settings.ts'

const madeUp = 'aaaaaaaasindrimadeupforvalidation'

/**
 * A user that does not exist with a key that nobody trusts: the builder checks its settings only once it has read a
 * key. Nothing is sent anywhere. None where the environment or a file has credentials; and none for an instance
 * principal, whose builder asks the metadata service of the instance.
 */
export async function ociStandIns(
  resolved: Resolved,
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Readonly<Record<string, string>>> {
  const oci = ociOf(resolved)
  if (oci.useInstancePrincipals) return {}
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  const [variable] = fileVariables.access_cfg_file
  const file = oci.accessCfgFile ?? (environment[variable] || join(environment.HOME ?? '/', '.oci/config'))
  const given = existsSync(file) || oci.accessCfgFile !== undefined
  if (given || Object.values(credentialVariables).flat().some(isSet)) return {}
  // Packer 1.6.6 reads PKCS#1 keys only.
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const keyFile = join(folder, 'made-up.pem')
  await writeFile(keyFile, privateKey, { mode: 0o600 })
  const { user_ocid, tenancy_ocid, fingerprint, key_file } = credentialVariables
  return {
    [user_ocid[0]]: `ocid1.user.oc1..${madeUp}`,
    [tenancy_ocid[0]]: `ocid1.tenancy.oc1..${madeUp}`,
    [fingerprint[0]]: Array.from({ length: 16 }, () => '00').join(':'),
    [key_file[0]]: keyFile,
  }
}
