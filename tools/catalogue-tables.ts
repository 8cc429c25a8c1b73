import { sourcesOf } from '../src/actions/extension-info.ts'
import { baseNames } from '../src/config/sections/build.ts'
import type { Catalogue } from '../src/extensions/catalogue.ts'
import { architectures, type Definition } from '../src/extensions/definition.ts'
import { replaced } from './page.ts'

/** The page with its tables of extensions and profiles, between `<!-- … -->` and `<!-- end -->`, made anew. */
export function withCatalogueTables(page: string, catalogue: Catalogue): string {
  return replaced(replaced(page, 'extensions', extensionRows(catalogue)), 'profiles', profileRows(catalogue))
}

function extensionRows({ entries }: Catalogue): readonly string[] {
  const rows = [...entries.values()].map(({ definition }) => {
    const { name, description, dependencies = [] } = definition
    return `| \`${name}\` | ${description} | ${installed(definition)} | ${dependencies.join(', ')} | ${lacking(definition)} |`
  })
  return ['| Extension | What it is | Installs | After | Not on |', '|---|---|---|---|---|', ...rows]
}

/** What is installed by each method, pinned versions with it. */
function installed(definition: Definition): string {
  const { downloads = [] } = definition.install
  const methods = new Map<string, Set<string>>()
  for (const { method, what } of sourcesOf(definition)) {
    // A script that installs downloads is nothing of its own.
    if (method === 'script' && downloads.length > 0) continue
    const named = what.replace(/ for \S+$/, '').replaceAll('|', 'or')
    methods.set(method, (methods.get(method) ?? new Set()).add(named))
  }
  return [...methods].map(([method, named]) => `${method}: ${[...named].join(', ')}`).join('<br>')
}

function lacking({ distributions, architectures: supported }: Definition): string {
  const missing = [
    ...baseNames.filter((name) => !distributions.includes(name)),
    ...architectures.filter((name) => !supported.includes(name)),
  ]
  return missing.join(', ')
}

function profileRows({ profiles }: Catalogue): readonly string[] {
  const rows = [...profiles].map(
    ([name, { description, extensions }]) => `| \`${name}\` | ${description} | ${extensions.join(', ')} |`,
  )
  return ['| Profile | What it is for | Extensions |', '|---|---|---|', ...rows]
}
