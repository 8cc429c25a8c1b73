import type { ExtensionIndex } from '../actions/extensions.ts'
import type { Catalogue } from './catalogue.ts'

/** What is to be known of a catalogue before its files are read: names, versions, and where they can be installed. */
export function catalogueIndex({ entries, profiles }: Catalogue): ExtensionIndex {
  return {
    profiles: Object.fromEntries([...profiles].map(([name, { extensions }]) => [name, extensions])),
    extensions: Object.fromEntries(
      [...entries].map(([name, { definition }]) => {
        const { version, dependencies = [], distributions, architectures } = definition
        return [name, { version, dependencies, distributions, architectures }]
      }),
    ),
  }
}
