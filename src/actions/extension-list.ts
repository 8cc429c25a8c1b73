import { installedExtensions, machinePlaces } from '../extensions/installed.ts'
import type { Context } from './context.ts'
import { type CatalogueOptions, catalogueFor } from './extension-catalogue.ts'

/** One line of the list of extensions. */
export interface ListedExtension {
  readonly name: string
  readonly version: string
  readonly description: string
  /** The version installed on this machine. */
  readonly installed: string | null
}

/** The extensions of the catalogue, by name, and which of them are installed on this machine. */
export async function listExtensions(options: CatalogueOptions, context: Context): Promise<readonly ListedExtension[]> {
  const installed = installedExtensions(machinePlaces)
  return [...catalogueFor(options, context).entries.values()].map(({ definition: { name, version, description } }) => {
    return { name, version, description, installed: installed.get(name)?.version ?? null }
  })
}

/** One line of the list of profiles. */
export interface ListedProfile {
  readonly name: string
  readonly description: string
  readonly extensions: readonly string[]
}

/** The profiles of the catalogue. */
export async function listProfiles(options: CatalogueOptions, context: Context): Promise<readonly ListedProfile[]> {
  return [...catalogueFor(options, context).profiles].map(([name, profile]) => ({ name, ...profile }))
}
