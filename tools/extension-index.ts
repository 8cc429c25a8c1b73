import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ExtensionIndex } from '../src/actions/extensions.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name is made of lower-case letters, digits and -')

const extensionFile = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version is three numbers, e.g. 1.0.0'),
  title: z.string().min(1),
  description: z.string().min(1),
  needs: z.array(name).default([]),
})

const profilesFile = z.record(name, z.strictObject({ description: z.string(), extensions: z.array(name) }))

/** The index of a folder of extensions; throws naming the file that is not as it must be. */
export function extensionIndex(folder: string): ExtensionIndex {
  const profiles = read(join(folder, 'profiles.yaml'), profilesFile)
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  return {
    profiles: Object.fromEntries(Object.entries(profiles).map(([profile, { extensions }]) => [profile, extensions])),
    extensions: Object.fromEntries(
      names.map((folderName) => {
        const file = join(folder, folderName, 'extension.yaml')
        const { name: own, version, needs } = read(file, extensionFile)
        if (own !== folderName) throw new Error(`${file} calls its extension ${own}`)
        return [folderName, { version, needs }]
      }),
    ),
  }
}

function read<T>(file: string, shape: z.ZodType<T>): T {
  const parsed = shape.safeParse(parse(readFileSync(file, 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`${file}: ${z.prettifyError(parsed.error)}`)
}
