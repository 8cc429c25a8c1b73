import { randomUUID } from 'node:crypto'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { SindriError } from '../core/error.ts'

type Fingerprint = Readonly<Record<string, string>>

/** Something that is hashed, by the name it is shown under. */
export interface Hashed {
  readonly name: string
  /** What tells that it is still the same. */
  fingerprint(): Promise<Fingerprint>
}

/** A file: its size, its time of change, and that it is the same file. */
export function hashedFile(path: string): Hashed {
  return {
    name: path,
    async fingerprint() {
      const { size, mtimeNs, ino } = await stat(path, { bigint: true })
      return { sizeBytes: String(size), mtimeNs: String(mtimeNs), inode: String(ino) }
    },
  }
}

/**
 * The digest of what a disk is read from, out of the file that `sidecar` names when it is still about the same, else by
 * `digest`, whose answer is kept there. Keeping it may fail (a folder that cannot be written): then it is made again
 * next time.
 * @throws SindriError `conflict` when the file changed while its digest was made
 */
export async function digestOnce(source: Hashed, sidecar: string, digest: () => Promise<string>): Promise<string> {
  const before = await source.fingerprint()
  const kept = await keptDigest(sidecar, before)
  if (kept !== undefined) return kept
  const made = await digest()
  if (!same(before, await source.fingerprint())) {
    throw new SindriError('conflict', `${source.name} changed while its digest was made`, {
      hint: 'nothing may write to a disk that is being read; wait until it is finished',
    })
  }
  await keep(sidecar, { ...before, sha256: made })
  return made
}

function same(a: Readonly<Record<string, unknown>>, b: Fingerprint): boolean {
  return Object.entries(b).every(([name, value]) => a[name] === value)
}

/** Anything wrong with the sidecar only costs the time to make the digest again. */
async function keptDigest(sidecar: string, now: Fingerprint): Promise<string | undefined> {
  try {
    const kept: Readonly<Record<string, unknown>> = JSON.parse(await readFile(sidecar, 'utf8'))
    const { sha256 } = kept
    return same(kept, now) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : undefined
  } catch {
    return undefined
  }
}

async function keep(sidecar: string, value: Fingerprint): Promise<void> {
  const half = `${sidecar}.${randomUUID()}`
  await writeFile(half, `${JSON.stringify(value)}\n`, { flag: 'wx' })
    .then(() => rename(half, sidecar))
    .catch(() => undefined)
}
