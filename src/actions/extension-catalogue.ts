import { resolve as absolute, join } from 'node:path'
import { type Catalogue, type Entry, readCatalogue } from '../extensions/catalogue.ts'
import type { Context } from './context.ts'
import { unknown } from './extensions.ts'

/** Which catalogue is asked. */
export interface CatalogueOptions {
  /** Folder of another catalogue than that of this Sindri. */
  readonly catalogue?: string | undefined
}

/** The catalogue that is asked for, else that of this Sindri: of the npm package, or in /usr/local/share/sindri of an image. */
export function catalogueFor({ catalogue }: CatalogueOptions, { cwd, self }: Context): Catalogue {
  return readCatalogue(catalogue === undefined ? join(self.assets, 'extensions') : absolute(cwd, catalogue))
}

/** An extension by its name. Throws `config` for an unknown one, with the nearest. */
export function entryOf(name: string, { entries }: Catalogue): Entry {
  const entry = entries.get(name)
  if (entry === undefined) throw unknown('extension', name, [...entries.keys()])
  return entry
}
