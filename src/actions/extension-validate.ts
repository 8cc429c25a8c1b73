import { installedExtensions, machinePlaces } from '../extensions/installed.ts'
import { extensionWorks } from '../extensions/works.ts'
import type { Context } from './context.ts'
import { type CatalogueOptions, catalogueFor, entryOf } from './extension-catalogue.ts'

/** Whether one extension works. */
export interface ValidatedExtension {
  readonly name: string
  readonly version: string
  readonly works: boolean
  /** What its validate command printed. */
  readonly output: string
}

/** What to validate on this machine. */
export interface ValidateExtensionsOptions extends CatalogueOptions {
  /** Empty: all that are installed on this machine. */
  readonly names: readonly string[]
}

/** Runs the validate command of extensions one after the other. Changes nothing, and needs no root. */
export async function validateExtensions(
  options: ValidateExtensionsOptions,
  context: Context,
): Promise<readonly ValidatedExtension[]> {
  const catalogue = catalogueFor(options, context)
  const installed = installedExtensions(machinePlaces)
  const names = options.names.length > 0 ? options.names : [...installed.keys()]
  for (const name of options.names) entryOf(name, catalogue)
  const results: ValidatedExtension[] = []
  for (const name of new Set(names)) {
    const entry = catalogue.entries.get(name)
    const version = entry?.definition.version ?? installed.get(name)?.version ?? ''
    const result = entry === undefined ? fromElsewhere : await extensionWorks(entry, context)
    results.push({ name, version, ...result })
    context.signal.throwIfAborted()
  }
  return results
}

/** Installed from a catalogue that is not asked now. */
const fromElsewhere = {
  works: false,
  output: 'it is not in this catalogue: name the folder it was installed from with --catalogue',
}
