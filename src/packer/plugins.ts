import { type Block, block } from './hcl.ts'

/** The Packer plugins that templates may need. */
export type PluginName = 'alicloud' | 'amazon' | 'ansible' | 'azure' | 'googlecompute' | 'oracle'

/** The newest minor version each template was written for; a next major may change attributes. */
const versions: Readonly<Record<PluginName, string>> = {
  alicloud: '~> 1.1',
  amazon: '~> 1.8',
  ansible: '~> 1.1',
  azure: '~> 2.6',
  googlecompute: '~> 1.2',
  oracle: '~> 1.1',
}

/** The block by which `packer init` installs a plugin. Packer 1.6.6 refuses it: `forVersion` takes it out. */
export function pluginBlock(name: PluginName): Block {
  const requirement = { source: `github.com/hashicorp/${name}`, version: versions[name] }
  return block('packer', [], {}, [block('required_plugins', [], { [name]: requirement })])
}

/** The plugins that a `plugins.pkr.hcl` requires. */
export function pluginsIn(text: string): readonly PluginName[] {
  const named = Object.keys(versions) as PluginName[] // the keys of a record of plugin names
  return named.filter((name) => text.includes(`"github.com/hashicorp/${name}"`))
}
