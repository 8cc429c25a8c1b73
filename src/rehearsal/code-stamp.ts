import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function codeFiles(own: string): readonly string[] {
  // Bundled, this file is all there is to look at; beside it may lie anything.
  if (!own.endsWith('.ts')) return [own]
  const folder = dirname(own)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names
    .filter((name) => /\.(ts|json)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
}

/** Tells one version of this code from another: a daemon that outlives an upgrade answers as the old code did. */
export function codeStamp(): string {
  const stamp = createHash('sha256')
  for (const file of codeFiles(fileURLToPath(import.meta.url))) {
    const { size, mtimeMs } = statSync(file)
    stamp.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return stamp.digest('hex').slice(0, 16)
}
