import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { diskSources } from '../../clouds/disk-sources.ts'
import { environmentReference } from '../../config/environment.ts'
import { SindriError } from '../../core/error.ts'
import { digestOnce, type Hashed, hashedFile } from '../../disk/digest-sidecar.ts'
import type { Bytes } from '../../disk/disk.ts'
import { openFile } from '../../disk/file-bytes.ts'
import { parseUrl, schemeOf } from '../../remote/disk-url.ts'
import { openHttpObject } from '../../remote/http-object.ts'
import { remoteBytes } from '../../remote/remote-bytes.ts'
import type { RemoteObject } from '../../remote/remote-object.ts'
import type { Context } from '../context.ts'

/** Where the bytes of a disk's file come from. */
export interface DiskSource {
  /** What it is called in messages: nothing secret is in it. */
  readonly name: string
  readonly remote: boolean
  readonly bytes: Bytes
  /** A digest of these bytes, made once for as long as they are the same. @param of what else decides its outcome */
  digest(of: string, make: () => Promise<string>): Promise<string>
}

/**
 * Opens the file of a disk: a path, an https:// URL, an object in a cloud's storage, or `${env:NAME}` for one of them.
 * @throws SindriError `usage` for any other address; whatever keeps it from being read
 */
export async function openSource(disk: string, context: Context): Promise<DiskSource> {
  const address = fromEnvironment(disk, context)
  const scheme = schemeOf(address)
  if (scheme === undefined) {
    const path = resolve(context.cwd, address)
    const bytes = await openFile(path)
    return { ...{ name: path, remote: false, bytes }, digest: keptDigests(hashedFile(path), path, context) }
  }
  const object = await openRemote(scheme, address, context)
  const { name, sizeBytes, validator } = object
  const hashed = { name, fingerprint: async () => ({ sizeBytes: String(sizeBytes), validator }) }
  const bytes = remoteBytes(object, context)
  return { ...{ name, remote: true, bytes }, digest: keptDigests(hashed, object.address, context) }
}

function fromEnvironment(disk: string, { environment }: Context): string {
  const name = environmentReference(disk)
  if (name === undefined) return disk
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new SindriError('config', `release.disk: the environment variable ${name} is not set`, {
    hint: `set ${name}, or write another value`,
  })
}

async function openRemote(scheme: string, address: string, context: Context): Promise<RemoteObject> {
  if (scheme === 'https' || scheme === 'http') return openHttpObject(parseUrl(address), context)
  const source = diskSources.find((one) => one.scheme === scheme)
  if (source !== undefined) return source.open(address, context)
  const known = ['https', ...diskSources.map((one) => one.scheme)].map((one) => `${one}://`)
  throw new SindriError('usage', `a disk cannot be read from ${scheme}://`, {
    hint: `give a file, or an address that begins with ${known.join(', ')}`,
  })
}

/** An address may hold a secret, so what is kept about it goes by its hash. */
function keptDigests(hashed: Hashed, address: string, context: Context): DiskSource['digest'] {
  return async (of, make) => {
    const folder = join(context.cache, 'digests')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const key = createHash('sha256').update(`${of}\n${address}`).digest('hex')
    return digestOnce(hashed, join(folder, `${key}.json`), make)
  }
}
