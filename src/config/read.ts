import { readFileSync } from 'node:fs'
import { resolve as absolute } from 'node:path'
import { hasCode, messageOf, SindriError } from '../core/error.ts'
import type { Config } from './schema.ts'

/** The file read when none is named. */
export const defaultFile = 'sindri.yaml'

/**
 * Reads the configuration of a folder: the named file, or sindri.yaml. Without either the configuration is empty, as
 * flags alone can be enough. Throws SindriError('config') when a named file cannot be read, and for the mistakes in it.
 */
export async function readConfig(file: string | undefined, folder: string): Promise<Config> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(absolute(folder, file ?? defaultFile)))
  } catch (error) {
    const missing = hasCode(error, 'ENOENT')
    if (missing && file === undefined) return {}
    const reason = missing ? 'there is no such file' : messageOf(error)
    throw new SindriError('config', `cannot read ${file ?? defaultFile}: ${reason}`, {
      hint: missing ? 'check the path given with --config' : 'it has to be a readable text file in UTF-8',
      cause: error,
    })
  }
  // The YAML parser is not loaded for a command that needs no file.
  const { loadConfig } = await import('./load.ts')
  return loadConfig(text, file ?? defaultFile)
}
