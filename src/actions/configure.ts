import { resolve as absolute } from 'node:path'
import type { Flags } from '../config/flags.ts'
import { readConfig } from '../config/read.ts'
import { resolve } from '../config/resolve.ts'
import type { Resolved } from '../config/resolved.ts'
import type { Config } from '../config/schema.ts'
import { camelCase } from '../config/written.ts'
import { SindriError } from '../core/error.ts'
import type { Rehearsal } from '../rehearsal/index.ts'
import type { Context } from './context.ts'

/** Flags that say which config is meant; the same on every command. */
export interface ConfigOptions {
  /** Path of the config; otherwise `sindri.yaml` in the current folder, if there is one. */
  readonly config?: string | undefined
  readonly flags: Flags
  /** For showing only: what a build would still need may be missing. */
  readonly partial?: boolean
}

/** The config with flags, defaults and, in a rehearsal, what the rehearsal has to fill in. */
export async function configure(options: ConfigOptions, context: Context): Promise<Resolved> {
  const config = await readConfig(options.config, context.cwd)
  const resolved = resolve(config, options.flags, { env: context.environment, partial: options.partial === true })
  const final = context.rehearsal === undefined ? resolved : rehearsable(options, context, config, resolved)
  for (const [path, origin] of Object.entries(final.origins)) {
    context.emit({ type: 'debug', message: `${path} = ${shown(final, path)} (${origin})` })
  }
  return final
}

/** The value of a setting by its path in sindri.yaml. Secrets are never in the config, only the variables they come from. */
function shown(resolved: Resolved, path: string): string {
  const keys = path.replace('providers.packer.', '').split('.').map(camelCase)
  const value = keys.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    resolved,
  )
  return JSON.stringify(value) ?? 'not set'
}

/** Rehearsals of which the replaced base was told; once is enough. */
const told = new WeakSet<Rehearsal>()

/**
 * A rehearsal offers only the bases it can really make. The default base is replaced by one it offers, said aloud; a
 * base the user asked for is never replaced.
 */
function rehearsable(options: ConfigOptions, context: Context, config: Config, resolved: Resolved): Resolved {
  const bases = context.rehearsal?.bases ?? []
  const wanted = bases.find((base) => base.name === resolved.build.base)
  if (wanted === undefined || wanted.offered) return resolved
  const offered = bases.find((base) => base.offered)
  if (resolved.origins['providers.packer.build.base'] !== 'default' || offered === undefined) {
    throw new SindriError('prerequisite', `the rehearsal cannot make ${wanted.name} on this machine: ${wanted.note}`, {
      hint:
        offered === undefined
          ? 'see sindri rehearsal status'
          : `rehearse with build.base: ${offered.name}, or build in the cloud itself`,
    })
  }
  if (context.rehearsal !== undefined && !told.has(context.rehearsal)) {
    told.add(context.rehearsal)
    const message = `rehearsing with ${offered.name}: ${wanted.name} cannot be made here (${wanted.note})`
    context.emit({ type: 'warning', message })
  }
  return resolve(
    config,
    { ...options.flags, baseImage: offered.name },
    { env: context.environment, partial: options.partial === true },
  )
}

/** The same, with the values of Packer variable files, as Packer itself evaluates them, between config and flags. */
export async function configureWithVariables(
  options: ConfigOptions & {
    readonly varFiles: readonly string[]
    readonly variables: Readonly<Record<string, string>>
  },
  context: Context,
  packer: string,
): Promise<Resolved> {
  const files = options.varFiles.map((file) => absolute(context.cwd, file))
  if (files.length === 0 && Object.keys(options.variables).length === 0) return configure(options, context)
  const { packerValues } = await import('../packer/values.ts')
  const values = await packerValues({
    path: packer,
    files,
    variables: options.variables,
    env: context.environment,
  })
  const from: Flags = {
    ...(values.image_name === undefined ? {} : { name: values.image_name }),
    ...(values.sindri_version === undefined ? {} : { sindriVersion: values.sindri_version }),
    ...(values.profile === undefined ? {} : { profile: values.profile }),
    ...(values.region === undefined ? {} : { region: values.region }),
    ...(values.instance_type === undefined ? {} : { instanceType: values.instance_type }),
    ...(values.volume_size === undefined ? {} : { diskSizeGiB: values.volume_size }),
    ...(values.extensions === undefined ? {} : { extensions: values.extensions }),
  }
  const given = Object.fromEntries(Object.entries(options.flags).filter(([, value]) => value !== undefined))
  return configure({ ...options, flags: { ...from, ...given } }, context)
}
