import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { render } from '../../packer/hcl.ts'
import { sharedTemplate, type TemplateInput } from '../../packer/template.ts'
import { fingerprintOf } from '../../release/release.ts'

/**
 * The fingerprint of what changes an image's bytes: the template, and the content of every file it uploads or runs.
 * `known` says by path what stands for the content of a file, so that it need not be read.
 */
export async function fingerprint(input: TemplateInput, known: Readonly<Record<string, string>> = {}): Promise<string> {
  // What is only read from the machine changes none of its bytes.
  const phases = input.provision.filter((phase) => phase.kind !== 'download')
  const files = phases.map((phase) => {
    if (phase.kind === 'upload') return phase.source
    return phase.kind === 'script' ? phase.path : phase.playbook
  })
  const contents = await Promise.all(files.map((file) => known[file] ?? contentOf(file)))
  // Where Sindri is installed and where it runs changes no byte of the image.
  const provision = phases.map((phase, index) => ({ ...phase, at: contents[index] ?? '' }))
  const neutral = { ...input, manifest: 'manifest.json', provision: [] }
  const steps = provision.map((phase) =>
    JSON.stringify({ ...phase, source: undefined, path: undefined, playbook: undefined }),
  )
  return fingerprintOf([render(sharedTemplate(neutral)), steps])
}

/** sha256 of a file, or of a folder's files with their names. */
async function contentOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  if (!(await stat(path)).isDirectory()) {
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  }
  const names = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const name of names) hash.update(`${name.slice(path.length)}\0${await contentOf(name)}\n`)
  return hash.digest('hex')
}
