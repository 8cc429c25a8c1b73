/**
 * Makes what a release publishes for this machine's architecture, after `npm run build`:
 * `node tools/executable.ts <folder>` writes `sindri-linux-<arch>.gz` there and its line in SHA256SUMS,
 * under the names that provision/30-sindri.sh downloads.
 */
import { createHash } from 'node:crypto'
import { appendFile, readFile, rename } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { sindriExecutable } from '../src/actions/executable.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node tools/executable.ts <folder>')

const made = await sindriExecutable({
  bundle: join(import.meta.dirname, '../dist/sindri.cjs'),
  node: process.execPath,
  nodeVersion: process.version,
  arch: arch() === 'arm64' ? 'arm64' : 'x64',
  cache: folder,
})
const name = `sindri-linux-${arch()}.gz`
await rename(made.file, join(folder, name))
const bytes = await readFile(join(folder, name))
const sha256 = createHash('sha256').update(bytes).digest('hex')
await appendFile(join(folder, 'SHA256SUMS'), `${sha256}  ${name}\n`)
console.log(`${join(folder, name)} ${bytes.length} bytes, sha256 ${sha256}`)
