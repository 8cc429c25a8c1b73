import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { didYouMean } from '../config/did-you-mean.ts'
import type { Mistake } from '../config/mistake.ts'
import { configError } from '../config/places.ts'
import { type Complaint, hasCode, messageOf, SindriError } from '../core/error.ts'
import { type Definition, definitionSchema } from './definition.ts'
import { loadDocument } from './load.ts'
import { type Profile, profilesSchema } from './profile.ts'
import { ruleMistakes } from './rules.ts'

/** An extension and the folder its files are in. */
export interface Entry {
  readonly definition: Definition
  readonly folder: string
  /** Stands for all files of the folder. */
  readonly digest: string
}

/** All extensions of a folder by name, and its profiles. */
export interface Catalogue {
  readonly entries: ReadonlyMap<string, Entry>
  readonly profiles: ReadonlyMap<string, Profile>
}

/**
 * Reads a folder with `profiles.yaml` and a folder for each extension.
 * @throws SindriError `prerequisite` when there is no such folder, `config` with every mistake in its files
 */
export function readCatalogue(folder: string): Catalogue {
  const names = foldersIn(folder)
  const complaints: Complaint[] = []
  const entries = new Map<string, Entry>()
  for (const name of names) {
    const own = join(folder, name)
    const files = filesIn(own)
    const loaded = loadDocument(
      read(join(own, 'extension.yaml')),
      join(own, 'extension.yaml'),
      definitionSchema,
      (one) => [...ruleMistakes(one, name, files), ...unknownNames(one.dependencies ?? [], ['dependencies'], names)],
    )
    complaints.push(...loaded.complaints)
    if (loaded.value !== undefined) {
      entries.set(name, { definition: loaded.value, folder: own, digest: digestOf(own, files) })
    }
  }
  const file = join(folder, 'profiles.yaml')
  const profiles = loadDocument(read(file), file, profilesSchema, (all) =>
    Object.entries(all).flatMap(([name, profile]) => unknownNames(profile.extensions, [name, 'extensions'], names)),
  )
  complaints.push(...profiles.complaints)
  if (complaints.length > 0) throw configError(complaints, folder)
  return { entries, profiles: new Map(Object.entries(profiles.value ?? {})) }
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT') && !hasCode(cause, 'ENOTDIR')) throw cause
    throw new SindriError('prerequisite', `there is no catalogue of extensions in ${folder}`, {
      hint: 'name its folder with --catalogue; images have it in /usr/local/share/sindri/extensions',
      cause,
    })
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

function read(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    throw new SindriError(
      'config',
      `cannot read ${file}: ${hasCode(cause, 'ENOENT') ? 'there is no such file' : messageOf(cause)}`,
      {
        hint: 'every folder of a catalogue is an extension and has an extension.yaml; profiles.yaml lies beside them',
        cause,
      },
    )
  }
}

function unknownNames(named: readonly string[], path: Mistake['path'], known: readonly string[]): readonly Mistake[] {
  return named.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [
          {
            path: [...path, index],
            message: `there is no extension ${name}`,
            hint: didYouMean(name, known).trimEnd() || `put it beside the others: ${known.join(', ')}`,
          },
        ],
  )
}

function digestOf(folder: string, files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0')
  return hash.digest('hex').slice(0, 16)
}
