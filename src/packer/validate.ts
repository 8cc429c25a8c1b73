import { SindriError } from '../core/error.ts'
import { type Diagnostic, diagnosticsIn } from './diagnostics.ts'
import { execute } from './execute.ts'

/** What every check of a folder with templates needs. */
interface Folder {
  readonly path: string
  /** The folder with the `*.pkr.hcl` files. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What Packer says about a template. */
export interface Validation {
  readonly ok: boolean
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Runs `packer validate`: no network, no credentials for most builders. A secret belongs in `env` as `PKR_VAR_name`,
 * because `vars` are visible in the list of processes.
 * @param options.syntaxOnly finds mistakes of the language only, no unknown or missing attribute
 */
export async function validatePacker(
  options: Folder & {
    readonly varFiles?: readonly string[]
    readonly vars?: Readonly<Record<string, string>>
    readonly syntaxOnly?: boolean
  },
): Promise<Validation> {
  const args = [
    '-machine-readable',
    'validate',
    ...(options.syntaxOnly === true ? ['-syntax-only'] : []),
    ...(options.varFiles ?? []).map((file) => `-var-file=${file}`),
    ...Object.entries(options.vars ?? {}).flatMap(([name, value]) => ['-var', `${name}=${value}`]),
    '.',
  ]
  const { exitCode, stdout, stderr } = await execute(options.path, args, { ...options, timeoutMs: 120_000 })
  const ok = exitCode === 0
  const diagnostics = diagnosticsIn(`${stdout}\n${stderr}`)
  if (ok || diagnostics.some(({ severity }) => severity === 'error')) return { ok, diagnostics }
  const message = `${stdout}\n${stderr}`.trim() || `packer validate ended with exit code ${exitCode} and said nothing`
  return { ok, diagnostics: [...diagnostics, { severity: 'error', message }] }
}

/**
 * Runs `packer init`: installs the plugins the templates require, from the network only when they are missing.
 * For Packer 1.7 and later.
 * @throws SindriError `prerequisite` when a plugin is missing and cannot be installed
 */
export async function ensurePlugins(options: Folder): Promise<void> {
  const args = ['-machine-readable', 'init', '.']
  const { exitCode, stdout, stderr } = await execute(options.path, args, { ...options, timeoutMs: 600_000 })
  if (exitCode === 0) return
  const complaints = diagnosticsIn(`${stdout}\n${stderr}`)
  const reason = complaints.map(({ message }) => message).join('; ') || `${stdout}\n${stderr}`.trim()
  throw new SindriError('prerequisite', `cannot install the Packer plugins this template requires: ${reason}`, {
    hint: 'check the connection to github.com, or install a downloaded plugin: packer plugins install --path FILE SOURCE',
    complaints,
  })
}
