import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve as absolute, join } from 'node:path'
import type { Target } from '../../clouds/cloud.ts'
import { cloud as cloudOf, connect, regionOf } from '../../clouds/index.ts'
import type { Resolved } from '../../config/resolved.ts'
import { apply } from '../../core/apply.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { takeLease } from '../../core/lease.ts'
import { plan } from '../../core/plan.ts'
import { openSqliteStore } from '../../core/sqlite-store.ts'
import type { Store } from '../../core/store.ts'
import { render } from '../../packer/hcl.ts'
import { ensurePlugins } from '../../packer/validate.ts'
import { type Packer, packerVersion } from '../../packer/version.ts'
import { type Cost, costOf } from '../../release/cost.ts'
import { releaseName } from '../../release/name.ts'
import { openscapReport } from '../../release/provision.ts'
import { currentRelease, type Release, writeRelease } from '../../release/release.ts'
import { type ConfigOptions, configure, configureWithVariables } from '../configure.ts'
import type { Context } from '../context.ts'
import { processGone } from '../owner.ts'
import { packerEnvironment } from '../packer-environment.ts'
import { recordsFolder } from '../places.ts'
import { pricesOf } from '../prices.ts'
import { type ImageStepOptions, imageStep } from './image-step.ts'
import { printed } from './printed.ts'
import { buildable, checkFiles, machineOf, tellDropped, templateBlocks, templateInput } from './template.ts'

export interface BuildOptions extends ConfigOptions {
  /** Build even when an image of the same fingerprint exists; the old one stays. */
  readonly force: boolean
  /** What is lost with an old Packer is an error. */
  readonly strict: boolean
  readonly debug: boolean
  readonly varFiles: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** What `build --json` prints. */
export interface BuildResult {
  readonly cloud: string
  readonly image_id: string
  readonly name: string
  readonly region: string
  /** True when the image existed: no instance was started. */
  readonly cached: boolean
  readonly fingerprint: string
  /** Image id by region, the build region included. */
  readonly regions: Readonly<Record<string, string>>
  /** `private`, or who may launch it, by region. */
  readonly readers: Readonly<Record<string, string>>
  readonly base: string
  readonly sindri_version: string
  readonly profile: string
  readonly extensions: readonly string[]
  /** The report of the OpenSCAP scan, when this machine ran it. */
  readonly openscap_report: string | undefined
  /** Settings that were changed by this run. */
  readonly changed: readonly string[]
  /** Best-effort steps that failed. */
  readonly failed: readonly { readonly id: string; readonly message: string }[]
  readonly elapsed_seconds: number
  /** In the cloud itself, at list prices, had it taken as long there. */
  readonly cost: Cost
  readonly rehearsed: boolean
}

/** Builds the image of this config, or finds it built; copies it and opens it to its readers. Safe to repeat after any interruption. */
export async function build(options: BuildOptions, context: Context): Promise<BuildResult> {
  const began = context.clock.now()
  const prices = pricesOf(context)
  await checkWithoutPacker(options, context)
  const packer = await packerVersion({ env: context.environment, cacheFolder: context.cache })
  const configured = await configureWithVariables(options, context, packer.path)
  const resolved = await buildable(configured, packer.version, context)
  await checkPacker(resolved, packer, context)
  const target = await connect(resolved, context.environment)
  const prepared = await prepare(options, resolved, packer, context)
  const account = (await target.identity()).replaceAll(/[^\w]+/g, '-').slice(-80)
  const folder = join(recordsFolder(context), 'releases', resolved.cloud, account)
  const runs = join(recordsFolder(context), 'runs')
  const pointers = openSqliteStore(join(folder, `${prepared.fingerprint}.db`))
  const lease = await takeLease({
    store: pointers,
    owner: { host: context.hostName, pid: context.processId, nonce: String(began) },
    clock: context.clock,
    gone: processGone(context.hostName),
  })
  try {
    const { release, cached } = await chooseRelease(options, resolved, prepared.fingerprint, target, pointers, context)
    const store = openSqliteStore(join(folder, `${release.name}.db`))
    try {
      const image = imageStep({ ...prepared.step, release, target, runs })
      const published = target.publish.plan(release, image)
      if (!cached) await checkPermissions(resolved, target, context)
      const changed: string[] = []
      const readers: Record<string, string> = {}
      const applied = await apply({
        release: release.name,
        plan: plan([image, ...published.copies], published.settings),
        store,
        clock: context.clock,
        signal: AbortSignal.any([context.signal, lease.lost]),
        emit(event) {
          if (event.type === 'setting' && event.change === 'made') changed.push(event.id)
          if (event.type === 'setting' && event.id.startsWith('readers/'))
            readers[event.id.slice('readers/'.length)] = event.to
          context.emit(event)
        },
      })
      await writeRelease(pointers, { name: release.name, finished: true })
      const failed = new Set(applied.failures.map((failure) => failure.id))
      const made = [image, ...published.copies].filter((one) => !failed.has(one.id)).map((one) => applied.got(one))
      const elapsedMs = context.clock.now() - began
      return {
        cloud: resolved.cloud,
        image_id: applied.got(image).id,
        name: release.name,
        region: release.region,
        cached,
        fingerprint: release.fingerprint,
        regions: Object.fromEntries(made.map((one) => [one.region, one.id])),
        readers,
        base: resolved.build.base,
        sindri_version: prepared.version,
        profile: resolved.build.profile,
        extensions: prepared.extensions,
        openscap_report: globSync(join(runs, release.name, '*', openscapReport))[0],
        changed,
        failed: applied.failures.map(({ id, error }) => ({ id, message: messageOf(error) })),
        elapsed_seconds: Math.round(elapsedMs / 100) / 10,
        cost: costOf(prices, {
          cloud: resolved.cloud,
          ...prepared.machine,
          minutes: cached ? 0 : elapsedMs / 60_000,
        }),
        rehearsed: context.rehearsal !== undefined,
      }
    } finally {
      store.close()
    }
  } finally {
    await lease.release()
    pointers.close()
  }
}

/** By this the builder opens SSH to the caller alone. Where an old Packer lacks it, Sindri finds the address itself. */
const callerAttribute = 'temporary_security_group_source_public_ip'

/** By this the builder finds its base. Where an old Packer lacks it, Sindri finds the image itself. */
const familyAttribute = 'image_family'

/** What Sindri does by itself after or around a Packer that cannot. */
const ownWay: ReadonlySet<string> = new Set([callerAttribute, familyAttribute, 'imds_support'])

interface Prepared {
  readonly fingerprint: string
  readonly version: string
  readonly extensions: readonly string[]
  readonly machine: ReturnType<typeof machineOf>
  readonly step: Omit<ImageStepOptions, 'release' | 'target' | 'runs'>
}

/** What needs no Packer is complained about first: the cloud, and files that are not there. */
async function checkWithoutPacker(options: BuildOptions, context: Context): Promise<void> {
  const silent = { ...context, rehearsal: undefined, emit: () => undefined }
  const written = await configure({ ...options, partial: true }, silent)
  cloudOf(written.cloud)
  checkFiles(written, context)
}

/** Tells at once what would fail a build at its end. A rehearsal goes on: what it shows holds for a Packer that can. */
async function checkPacker(resolved: Resolved, packer: Packer, context: Context): Promise<void> {
  const problem = await cloudOf(resolved.cloud).packerProblem?.(packer)
  if (problem === undefined) return
  if (context.rehearsal === undefined) throw new SindriError('prerequisite', problem.message, { hint: problem.hint })
  context.emit({ type: 'warning', ...problem })
}

/** Everything that can fail before the cloud is asked for anything. */
async function prepare(options: BuildOptions, resolved: Resolved, packer: Packer, context: Context): Promise<Prepared> {
  const cloud = cloudOf(resolved.cloud)
  const { fingerprint, version, files, input } = await printed(resolved, context)
  const { [familyAttribute]: _, ...required } = input.required ?? {}
  const { dropped } = templateBlocks({ ...input, required }, packer.version)
  const unknownCaller =
    dropped.some((one) => one.name === callerAttribute) || cloud.wantsCallerRange?.(resolved) === true
  const unknownFamily = dropped.some((one) => one.name === familyAttribute)
  tellDropped(
    dropped.filter((one) => !ownWay.has(one.name)),
    packer.version,
    options.strict,
    context,
  )
  const environment = packerEnvironment(context)
  return {
    fingerprint,
    version,
    extensions: input.variables.extensions,
    machine: machineOf(input),
    step: {
      packer: packer.path,
      environment,
      debug: options.debug,
      version,
      variables: variableArguments(options, context),
      async template(marks, manifest, folder, target) {
        const callerRange = unknownCaller ? await target.callerRange() : undefined
        const sourceImage = unknownFamily ? await target.sourceImage?.() : undefined
        const marked = await templateInput(cloud, resolved, files, {
          marks: { ...marks, callerRange, sourceImage },
          manifest,
          version,
        })
        const file = join(folder, `${resolved.cloud}.pkr.hcl`)
        await writeFile(file, render(templateBlocks(marked, packer.version).blocks), { mode: 0o600 })
        if (packer.plugins) await ensurePlugins({ path: packer.path, folder, env: environment })
        return file
      },
    },
  }
}

/** Tells at once what the build would lack only after minutes. */
async function checkPermissions(resolved: Resolved, target: Target, context: Context): Promise<void> {
  const { of } = await cloudOf(resolved.cloud).permissions()
  const missing = (await target.missing?.(of(resolved).filter(({ late }) => late))) ?? []
  if (missing.length === 0) return
  const names = missing.map(({ action }) => action).join(', ')
  const hint = `sindri vm permissions --cloud ${resolved.cloud} prints the policy it needs`
  if (missing.some(({ certain }) => certain))
    throw new SindriError('denied', `the credentials are not allowed ${names}`, { hint })
  context.emit({ type: 'warning', message: `a dry run of ${names} was refused: the build is likely to fail`, hint })
}

/** Finds the release to go on with: one that exists in the cloud, one an earlier run began, or a new one. */
async function chooseRelease(
  options: BuildOptions,
  resolved: Resolved,
  print: string,
  target: Target,
  pointers: Store,
  context: Context,
): Promise<{ readonly release: Release; readonly cached: boolean }> {
  const region = await regionOf(resolved, target)
  const make = (name: string): Release => ({
    name,
    fingerprint: print,
    cloud: resolved.cloud,
    region,
  })
  const pointer = await currentRelease(pointers)
  if (pointer !== undefined && !pointer.finished) return { release: make(pointer.name), cached: false }
  if (!options.force && resolved.build.cache) {
    const images = await target.images.list(region, { fingerprint: print })
    const existing = images.find((image) => image.state === 'available' && image.release !== undefined)
    if (existing?.release !== undefined) return { release: make(existing.release), cached: true }
  }
  const release = make(releaseName(resolved.imageName, context.clock.now()))
  await writeRelease(pointers, { name: release.name, finished: false })
  return { release, cached: false }
}

function variableArguments(options: BuildOptions, context: Context): readonly string[] {
  return [
    ...options.varFiles.map((file) => `-var-file=${absolute(context.cwd, file)}`),
    ...Object.entries(options.variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]),
  ]
}
