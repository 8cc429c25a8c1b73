import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { GcpReleaseSettings, GcpSecureBoot } from '../../config/targets/gcp.ts'
import { hasCode, SindriError } from '../../core/error.ts'

/** One key as Compute Engine takes it. */
interface Key {
  /** Base64. */
  readonly content: string
  readonly fileType: 'X509' | 'BIN'
}

/** `shieldedInstanceInitialState` of an image. https://cloud.google.com/compute/docs/reference/rest/v1/images (2026-11) */
export interface SecureBootKeys {
  readonly pk?: Key
  readonly keks?: readonly Key[]
  readonly dbs?: readonly Key[]
  readonly dbxs?: readonly Key[]
}

/** What is published with, its keys read. */
export interface GcpDiskSettings extends GcpReleaseSettings {
  readonly secureBootKeys?: SecureBootKeys
}

const mostBytes = 64 * 1024

/**
 * Reads them. A certificate is told by what is in it and sent as DER; anything else goes as it is, as a signature list of UEFI.
 * https://cloud.google.com/compute/shielded-vm/docs/creating-shielded-images (2026-11)
 * @throws SindriError `config` where a file is missing, empty, too large, or holds a private key
 */
export async function readSecureBootKeys(files: GcpSecureBoot, folder: string): Promise<SecureBootKeys> {
  const all = (setting: string, paths: readonly string[]): Promise<readonly Key[]> =>
    Promise.all(paths.map((path) => readKey(setting, path, folder)))
  const [pks, keks, dbs, dbxs] = await Promise.all([
    all('platform_key', files.platformKey === undefined ? [] : [files.platformKey]),
    all('key_exchange_keys', files.keyExchangeKeys),
    all('signatures', files.signatures),
    all('forbidden', files.forbidden),
  ])
  const [pk] = pks
  return {
    ...(pk !== undefined && { pk }),
    ...(keks.length > 0 && { keks }),
    ...(dbs.length > 0 && { dbs }),
    ...(dbxs.length > 0 && { dbxs }),
  }
}

async function readKey(setting: string, path: string, folder: string): Promise<Key> {
  const wrong = (what: string, hint: string): SindriError =>
    new SindriError('config', `release.targets.gcp.secure_boot.${setting}: ${path} ${what}`, { hint })
  let bytes: Buffer
  try {
    bytes = await readFile(resolve(folder, path))
  } catch (error) {
    if (!(hasCode(error, 'ENOENT') || hasCode(error, 'EISDIR'))) throw error
    throw wrong('is no file', 'paths begin in the folder in which sindri runs')
  }
  if (bytes.includes('PRIVATE KEY'))
    throw wrong(
      'holds a private key',
      'give the certificate alone: what is sent here is readable to whoever sees the image',
    )
  if (bytes.length === 0 || bytes.length > mostBytes)
    throw wrong(`has ${bytes.length} bytes`, `a certificate or a signature list has 1 to ${mostBytes}`)
  try {
    return { content: new X509Certificate(bytes).raw.toString('base64'), fileType: 'X509' }
  } catch {
    return { content: bytes.toString('base64'), fileType: 'BIN' }
  }
}
