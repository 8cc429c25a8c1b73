import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Cloud, Permission } from '../clouds/cloud.ts'
import { cloud as cloudOf, clouds, connect } from '../clouds/index.ts'
import type { Resolved } from '../config/resolved.ts'
import { messageOf, SindriError } from '../core/error.ts'
import { familyOf, packerVersion } from '../packer/version.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

export interface CloudCheck {
  readonly cloud: string
  readonly title: string
  /** The vendor's command line; Sindri itself works without it. */
  readonly cli: { readonly version: string | undefined; readonly install: string }
  readonly credentials: {
    readonly identity: string | undefined
    /** Where they were found. */
    readonly source: string | undefined
    readonly problem: string | undefined
    readonly run: string
  }
  /** Why the Packer that was found could not finish a build in this cloud. */
  readonly packerProblem: string | undefined
  /**
   * How many actions the config needs allowed (`sindri vm permissions` lists them), and those of them that are refused,
   * where the cloud tells.
   */
  readonly permissions: { readonly needed: number; readonly missing: readonly string[] | undefined }
}

export interface DoctorResult {
  readonly packer: {
    readonly version: string | undefined
    readonly problem: string | undefined
    readonly hint: string | undefined
  }
  readonly clouds: readonly CloudCheck[]
  /** True when everything that is needed to build was found; of all clouds one is enough. */
  readonly ready: boolean
}

/** Looks for what a build needs: Packer, each cloud's credentials and permissions, and, for convenience, its CLI. */
export async function doctor(
  options: ConfigOptions & { readonly cloud: string },
  context: Context,
): Promise<DoctorResult> {
  const chosen = options.cloud === 'all' ? clouds : [cloudOf(options.cloud)]
  const { path, ...packer } = await checkPacker(context)
  const found = path === undefined ? undefined : { path, version: packer.version ?? '' }
  const checked = await Promise.all(chosen.map((one) => checkCloud(one, found, options, context)))
  const usable = (one: CloudCheck): boolean =>
    one.credentials.identity !== undefined &&
    (one.permissions.missing ?? []).length === 0 &&
    (one.packerProblem === undefined || context.rehearsal !== undefined)
  // Nobody has credentials of every cloud there is.
  const enough = options.cloud === 'all' ? checked.some(usable) : checked.every(usable)
  return { packer, clouds: checked, ready: packer.problem === undefined && enough }
}

async function checkPacker(context: Context): Promise<DoctorResult['packer'] & { readonly path: string | undefined }> {
  try {
    const { path, version } = await packerVersion({ env: context.environment, cacheFolder: context.cache })
    familyOf(version)
    return { path, version, problem: undefined, hint: undefined }
  } catch (error) {
    return {
      path: undefined,
      version: undefined,
      problem: messageOf(error),
      hint: error instanceof SindriError ? error.hint : undefined,
    }
  }
}

async function checkCloud(
  cloud: Cloud,
  packer: { readonly path: string; readonly version: string } | undefined,
  options: ConfigOptions,
  context: Context,
): Promise<CloudCheck> {
  const resolved = await configure({ ...options, flags: { ...options.flags, cloud: cloud.id }, partial: true }, context)
  const { of } = await cloud.permissions()
  const needed = of(resolved)
  const [version, problem, { missing, ...who }] = await Promise.all([
    versionOf(cloud, context),
    packer && cloud.packerProblem?.(packer),
    tryCredentials(resolved, needed, context).catch((error: unknown) => {
      return { identity: undefined, source: undefined, problem: messageOf(error), missing: undefined }
    }),
  ])
  return {
    cloud: cloud.id,
    title: cloud.title,
    cli: { version, install: cloud.cli.install },
    credentials: { ...who, run: cloud.login },
    packerProblem: problem?.message,
    permissions: { needed: needed.length, missing },
  }
}

async function tryCredentials(
  resolved: Resolved,
  needed: readonly Permission[],
  context: Context,
): Promise<Omit<CloudCheck['credentials'], 'run'> & Pick<CloudCheck['permissions'], 'missing'>> {
  const target = await connect(resolved, context.environment)
  const identity = await target.identity()
  return {
    identity,
    source: await target.source(),
    problem: undefined,
    missing: (await target.missing?.(needed))?.map(({ action }) => action),
  }
}

async function versionOf(cloud: Cloud, context: Context): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(cloud.cli.command, [...cloud.cli.versionArguments], {
      env: { ...context.environment },
      timeout: 20_000,
    })
    return /\d+\.\d+[\w.]*/.exec(`${stdout}${stderr}`)?.[0]
  } catch {
    // Absent, or too broken to tell its version: for doctor it is not there.
    return undefined
  }
}
