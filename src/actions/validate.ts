import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloud as cloudOf } from '../clouds/index.ts'
import { SindriError } from '../core/error.ts'
import { render } from '../packer/hcl.ts'
import { ensurePlugins, validatePacker } from '../packer/validate.ts'
import { packerVersion } from '../packer/version.ts'
import { sindriArchive, versionOf } from './build/archive.ts'
import { buildable, checkFiles, localFiles, tellDropped, templateBlocks, templateInput } from './build/template.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import { packerEnvironment } from './packer-environment.ts'

export interface ValidateOptions extends ConfigOptions {
  readonly syntaxOnly: boolean
  readonly strict: boolean
}

/** What `validate --json` prints. */
export interface ValidateResult {
  readonly valid: boolean
  readonly cloud: string
  /** The version of Packer that was asked. */
  readonly packer: string
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/** Checks the config against Sindri's own rules, without Packer or credentials, and then its template with Packer. */
export async function validate(options: ValidateOptions, context: Context): Promise<ValidateResult> {
  const configured = await configure(options, context)
  const cloud = cloudOf(configured.cloud)
  checkFiles(configured, context)
  const packer = await packerVersion({ env: context.environment, cacheFolder: context.cache })
  const resolved = await buildable(configured, packer.version, context)
  const archive = options.syntaxOnly ? undefined : await sindriArchive(resolved, context)
  const input = await templateInput(cloud, resolved, localFiles(context, archive?.file), {
    marks: undefined,
    manifest: 'manifest.json',
    version: versionOf(resolved, context),
  })
  const { blocks, dropped } = templateBlocks(input, packer.version)
  tellDropped(dropped, packer.version, options.strict, context)
  // The template is right all the same, and another Packer builds it.
  const problem = await cloud.packerProblem?.(packer)
  if (problem !== undefined) context.emit({ type: 'warning', ...problem })
  const folder = await mkdtemp(join(tmpdir(), 'sindri-validate-'))
  try {
    await writeFile(join(folder, `${resolved.cloud}.pkr.hcl`), render(blocks), { mode: 0o600 })
    const environment = packerEnvironment(context)
    const made = options.syntaxOnly ? {} : ((await cloud.standIns?.(resolved, environment, folder)) ?? {})
    if (Object.keys(made).length > 0)
      context.emit({
        type: 'warning',
        message: `there are no credentials of ${cloud.title}: Packer checks the template with made-up ones`,
        hint: 'the template is checked all the same; a build needs real ones',
      })
    const where = { path: packer.path, folder, env: { ...environment, ...made } }
    if (packer.plugins && !options.syntaxOnly) await ensurePlugins(where)
    const { ok, diagnostics } = await validatePacker({ ...where, syntaxOnly: options.syntaxOnly })
    const told = (severity: string): string[] =>
      diagnostics.filter((one) => one.severity === severity).map((one) => one.message)
    return {
      valid: ok,
      cloud: resolved.cloud,
      packer: packer.version,
      errors: told('error'),
      warnings: told('warning'),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The error a failed validation ends with. */
export function invalid(result: ValidateResult): SindriError {
  return new SindriError('failed', `Packer ${result.packer} refuses the template:\n  ${result.errors.join('\n  ')}`, {
    hint: "'sindri vm build --dry-run' prints the template",
  })
}
