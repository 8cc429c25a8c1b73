import { randomUUID } from 'node:crypto'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { SindriError } from '../core/error.ts'

/** What tells that a file is still the one that was hashed: its size, its time of change, and that it is the same file. */
interface Fingerprint {
  readonly sizeBytes: string
  readonly mtimeNs: string
  readonly inode: string
}

async function fingerprintOf(path: string): Promise<Fingerprint> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true })
  return { sizeBytes: String(size), mtimeNs: String(mtimeNs), inode: String(ino) }
}

/**
 * The digest of a disk's file, from the file beside it that `sidecar` names when it is still about this file, else by
 * `digest`, whose answer is kept there. Keeping it may fail (a folder that cannot be written): then it is made again
 * next time.
 * @throws SindriError `conflict` when the file changed while its digest was made
 */
export async function digestOnce(path: string, sidecar: string, digest: () => Promise<string>): Promise<string> {
  const before = await fingerprintOf(path)
  const kept = await keptDigest(sidecar, before)
  if (kept !== undefined) return kept
  const made = await digest()
  if (!same(before, await fingerprintOf(path))) {
    throw new SindriError('conflict', `${path} changed while its digest was made`, {
      hint: 'nothing may write to a disk that is being read; wait until it is finished',
    })
  }
  await keep(sidecar, { ...before, sha256: made })
  return made
}

function same(a: Partial<Fingerprint>, b: Fingerprint): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.inode === b.inode
}

/** Anything wrong with the sidecar only costs the time to make the digest again. */
async function keptDigest(sidecar: string, now: Fingerprint): Promise<string | undefined> {
  try {
    const kept: Partial<Fingerprint> & { readonly sha256?: unknown } = JSON.parse(await readFile(sidecar, 'utf8'))
    const { sha256 } = kept
    return same(kept, now) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined
  } catch {
    return undefined
  }
}

async function keep(sidecar: string, value: Fingerprint & { readonly sha256: string }): Promise<void> {
  const half = `${sidecar}.${randomUUID()}`
  await writeFile(half, `${JSON.stringify(value)}\n`, { flag: 'wx' })
    .then(() => rename(half, sidecar))
    .catch(() => undefined)
}
