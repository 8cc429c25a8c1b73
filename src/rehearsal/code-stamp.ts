import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Tells one version of this code from another: a daemon that outlives an upgrade answers as the old code did. */
export function codeStamp(): string {
  const folder = dirname(fileURLToPath(import.meta.url))
  const stamp = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/\.(ts|c?js|json)$/.test(name) && !name.endsWith('.test.ts')) {
      const { size, mtimeMs } = statSync(join(folder, name))
      stamp.update(`${name} ${size} ${mtimeMs}\n`)
    }
  }
  return stamp.digest('hex').slice(0, 16)
}
