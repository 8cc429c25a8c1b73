import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { nearest } from '../config/did-you-mean.ts'
import { hasCode, messageOf, SindriError } from '../core/error.ts'

/** An extension to install in an image. */
export interface ExtensionPlan {
  readonly name: string
  /** Holds `install.sh`, perhaps `verify.sh`, and whatever these need. */
  readonly folder: string
  readonly version: string
}

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name is made of lower-case letters, digits and -')

const extensionFile = z.strictObject({
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version is three numbers, e.g. 1.0.0'),
  title: z.string().min(1),
  description: z.string().min(1),
  needs: z.array(name).default([]),
})

const profilesFile = z.record(name, z.strictObject({ description: z.string(), extensions: z.array(name) }))

/**
 * The extensions of a profile and those named in addition, with all they need, each after what it needs; the order is
 * the same for the same input. `folder` holds `profiles.yaml` and one folder per extension.
 * Throws `config` for an unknown profile or extension, for extensions that need each other, and for a broken file.
 */
export async function planExtensions(
  folder: string,
  profile: string,
  extra: readonly string[],
): Promise<readonly ExtensionPlan[]> {
  const profiles = await readYaml(join(folder, 'profiles.yaml'), profilesFile)
  const chosen = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined
  if (chosen === undefined) throw unknown('profile', profile, Object.keys(profiles))
  const known = await extensionNames(folder)

  const planned = new Map<string, ExtensionPlan>()
  async function add(wanted: string, path: readonly string[]): Promise<void> {
    if (path.includes(wanted)) {
      const circle = [...path.slice(path.indexOf(wanted)), wanted].join(' → ')
      throw new SindriError('config', `extensions need each other: ${circle}`, { hint: 'remove one of these needs' })
    }
    if (planned.has(wanted)) return
    if (!known.includes(wanted)) throw unknown('extension', wanted, known, path.at(-1))
    const file = join(folder, wanted, 'extension.yaml')
    const extension = await readYaml(file, extensionFile)
    if (extension.name !== wanted) {
      throw new SindriError('config', `the extension in folder ${wanted} calls itself ${extension.name}`, {
        hint: 'give the folder and the extension the same name',
        where: { file },
      })
    }
    for (const need of extension.needs) await add(need, [...path, wanted])
    planned.set(wanted, { name: wanted, folder: join(folder, wanted), version: extension.version })
  }
  for (const wanted of [...chosen.extensions, ...extra]) await add(wanted, [])
  return [...planned.values()]
}

async function extensionNames(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

async function readYaml<T>(file: string, shape: z.ZodType<T>): Promise<T> {
  try {
    return shape.parse(parse(await readFile(file, 'utf8')))
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) {
      throw new SindriError('config', `${file} does not exist`, { hint: 'every extension has one', cause })
    }
    const message = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new SindriError('config', `${file}: ${message}`, { hint: 'correct the file', where: { file }, cause })
  }
}

function unknown(kind: string, wanted: string, known: readonly string[], neededBy?: string): SindriError {
  const near = nearest(wanted, known)
  const hint = near === undefined ? `there are: ${known.join(', ')}` : `did you mean ${near}?`
  const by = neededBy === undefined ? '' : ` (needed by ${neededBy})`
  return new SindriError('config', `there is no ${kind} ${wanted}${by}`, { hint })
}
