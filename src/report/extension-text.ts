import type { ExtensionInfo } from '../actions/extension-info.ts'
import type { InstalledExtension } from '../actions/extension-install.ts'
import type { ListedExtension, ListedProfile } from '../actions/extension-list.ts'
import type { ValidatedExtension } from '../actions/extension-validate.ts'

/** The catalogue as a table. */
export function extensionsText(extensions: readonly ListedExtension[]): string {
  const rows = extensions.map(({ name, version, installed, description }) => [
    name,
    version,
    installed ?? '-',
    description,
  ])
  return table([['NAME', 'VERSION', 'INSTALLED', 'DESCRIPTION'], ...rows])
}

/** The profiles as a table. */
export function profilesText(profiles: readonly ListedProfile[]): string {
  const rows = profiles.map(({ name, description, extensions }) => [name, description, extensions.join(', ') || '-'])
  return table([['NAME', 'DESCRIPTION', 'EXTENSIONS'], ...rows])
}

/** One extension with its sources. */
export function extensionInfoText(info: ExtensionInfo): string {
  const sources = info.sources.flatMap(({ method, what, from, sha256 }) => [
    `  ${method}: ${what}, from ${from}`,
    ...(sha256 === undefined ? [] : [`    sha256 ${sha256}`]),
  ])
  return [
    `${info.title} (${info.name} ${info.version})`,
    info.description,
    `Installed: ${info.installed ?? 'no'}`,
    `Dependencies: ${info.dependencies.join(', ') || 'none'}`,
    `Distributions: ${info.distributions.join(', ')}`,
    `Architectures: ${info.architectures.join(', ')}`,
    'Installs:',
    ...sources,
    ...(info.provenance === null ? [] : [`Pinned: ${info.provenance}`]),
    'Validated by:',
    ...info.validate.split('\n').map((line) => `  ${line}`),
  ].join('\n')
}

/** What was installed and what was there. */
export function installText(extensions: readonly InstalledExtension[]): string {
  if (extensions.length === 0) return 'Nothing to install'
  return table([['NAME', 'VERSION', 'STATE'], ...extensions.map(({ name, version, state }) => [name, version, state])])
}

/** What works and what does not, and what the failing ones printed. */
export function validationText(results: readonly ValidatedExtension[]): string {
  if (results.length === 0) return 'No extension is installed'
  const rows = results.map(({ name, version, works }) => [name, version, works ? 'works' : 'FAILS'])
  const failing = results.filter(({ works }) => !works)
  return [
    table([['NAME', 'VERSION', 'RESULT'], ...rows]),
    ...failing.map(({ name, output }) => `\n${name}:\n${(output || 'it printed nothing').replace(/^/gm, '  ')}`),
    ...(failing.length === 0 ? [] : [`\nFailing: ${failing.map(({ name }) => name).join(', ')}`]),
  ].join('\n')
}

/** Columns as wide as their widest cell; the last one is not padded. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '),
    )
    .join('\n')
}
