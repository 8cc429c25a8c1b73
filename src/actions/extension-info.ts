import type { Definition } from '../extensions/definition.ts'
import { installedExtensions, machinePlaces } from '../extensions/installed.ts'
import type { Context } from './context.ts'
import { type CatalogueOptions, catalogueFor, entryOf } from './extension-catalogue.ts'

/** How something of an extension is installed, and from where. */
export interface Source {
  readonly method: 'apt' | 'download' | 'npm' | 'mise' | 'script'
  readonly what: string
  readonly from: string
  readonly sha256?: string
}

/** Everything about one extension. */
export interface ExtensionInfo {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly description: string
  readonly dependencies: readonly string[]
  readonly distributions: readonly string[]
  readonly architectures: readonly string[]
  readonly sources: readonly Source[]
  readonly provenance: string | null
  readonly validate: string
  /** The version installed on this machine. */
  readonly installed: string | null
}

/** Everything about one extension. Throws `config` for an unknown one. */
export async function extensionInfo(
  options: CatalogueOptions & { readonly name: string },
  context: Context,
): Promise<ExtensionInfo> {
  const { definition } = entryOf(options.name, catalogueFor(options, context))
  const { name, version, title, description, dependencies = [], distributions, architectures, validate } = definition
  return {
    ...{ name, version, title, description, dependencies, distributions, architectures },
    sources: sourcesOf(definition),
    provenance: definition.provenance ?? null,
    validate: validate.trim(),
    installed: installedExtensions(machinePlaces).get(name)?.version ?? null,
  }
}

/** What an extension installs and from where, in the order in which it does. */
export function sourcesOf({ install }: Pick<Definition, 'install'>): readonly Source[] {
  const { apt = [], downloads = [], npm = [], mise, script } = install
  return [
    ...apt.map((what): Source => ({ method: 'apt', what, from: 'the distribution' })),
    ...downloads.map(({ name, version, architecture, url, sha256 }): Source => {
      const which = architecture === undefined ? '' : ` for ${architecture}`
      return { method: 'download', what: `${name} ${version}${which}`, from: url, sha256 }
    }),
    ...npm.map((one): Source => {
      return { method: 'npm', what: `${one.package} ${one.version}`, from: 'the npm registry', sha256: one.sha256 }
    }),
    ...(mise === undefined ? [] : [{ method: 'mise', what: mise, from: 'mise.lock' } as const]),
    ...(script === undefined ? [] : [{ method: 'script', what: script, from: 'this extension' } as const]),
  ]
}
