import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MadeImage, ReleaseMarks, Target } from '../../clouds/cloud.ts'
import { hasCode, SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import { notStarted, type PackerState } from '../../packer/machine-log.ts'
import { imageOf } from '../../packer/manifest.ts'
import { alive, cancelPacker, type Handle, startPacker } from '../../packer/run.ts'
import { type Ended, watchPacker } from '../../packer/watch.ts'
import type { Release } from '../../release/release.ts'

/** One run of Packer, as later processes find it again. */
interface Run {
  readonly token: string
  readonly folder: string
  readonly packer: Handle
}

export interface ImageStepOptions {
  readonly release: Release
  readonly target: Target
  /** Folder of all runs; each has one of its own, named by its token. */
  readonly runs: string
  readonly packer: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly debug: boolean
  /** Arguments between `build` and the template: variable files and values. */
  readonly variables: readonly string[]
  /** The version of Sindri in the image. */
  readonly version: string
  /** Writes the template into the run's folder once its marks are known, and returns the file. */
  template(marks: ReleaseMarks, manifest: string, folder: string, target: Target): Promise<string>
}

/** Packer as a step: started once per token, adopted by whoever comes later, swept when it died. */
export function imageStep(options: ImageStepOptions): Step<MadeImage> {
  const { release, target } = options
  const watched = new Map<string, Watch>()
  return step<MadeImage, Run>('image', {
    title: `build ${release.name}`,
    digest: release.fingerprint,
    pollEveryMs: 250,
    async find() {
      const [found] = await target.images.list(release.region, { release: release.name })
      if (found === undefined || found.state !== 'available') return undefined
      return { digest: found.fingerprint, out: { id: found.id, region: release.region, name: found.name } }
    },
    start: (_got, token) => startRun(options, token),
    async poll(run) {
      const watch = watched.get(run.token) ?? observe(run)
      watched.set(run.token, watch)
      if (watch.ended === undefined) return { busy: watch.state.phase }
      const { exitCode, state } = watch.ended
      if (exitCode === 0) {
        const image = { id: imageOf(state, release.region), region: release.region, name: release.name }
        await target.publish.mark?.(release, image, options.version)
        return { done: image }
      }
      return { failed: reasonOf(watch.ended), hint: `everything Packer said is in ${run.packer.log}` }
    },
    async cancel(run) {
      await cancelPacker(run.packer)
    },
    async sweep(run) {
      if (alive(run.packer)) return
      await target.publish.sweepRun({
        token: run.token,
        release: release.name,
        region: release.region,
        named: await namedIn(run.packer.log, target.publish.named),
      })
    },
  })
}

interface Watch {
  state: PackerState
  ended: Ended | undefined
}

function observe(run: Run): Watch {
  const watch: Watch = { state: notStarted, ended: undefined }
  const finish = (ended: Ended): void => {
    watch.ended = ended
  }
  watchPacker(run.packer, {
    onLine: (_line, state) => {
      watch.state = state
    },
  }).then(finish, (error: unknown) =>
    finish({ exitCode: undefined, state: { ...watch.state, errors: [String(error)] } }),
  )
  return watch
}

async function startRun(options: ImageStepOptions, token: string): Promise<Run> {
  const { release } = options
  const folder = join(options.runs, release.name, token.slice(0, 16))
  const handleFile = join(folder, 'run.json')
  const earlier = await readFile(handleFile, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  // Written below by a run with this same token.
  if (earlier !== undefined) return JSON.parse(earlier) as Run
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const marks = { name: release.name, fingerprint: release.fingerprint, token }
  const file = await options.template(marks, join(folder, 'manifest.json'), folder, options.target)
  await options.target.publish.prepare?.()
  const packer = await startPacker({
    path: options.packer,
    arguments: ['build', '-machine-readable', '-color=false', ...options.variables, file],
    folder,
    env: { ...options.environment, ...(await options.target.packerCredentials?.()) },
    log: join(folder, 'packer.log'),
    ...(options.debug ? { debugLog: join(folder, 'packer-debug.log') } : {}),
  })
  const run: Run = { token, folder, packer }
  await writeFile(handleFile, JSON.stringify(run), { mode: 0o600 })
  return run
}

function reasonOf({ exitCode, state }: Ended): string {
  // The errors may be about the cleaning up alone; what came before it tells why.
  const said = new Set([...state.recent.slice(-5), ...state.errors])
  const how = exitCode === undefined ? 'Packer was killed' : `Packer ended with exit code ${exitCode}`
  return [`${how} while ${state.reached}`, ...said].join('\n  ')
}

/** Temporary resources that Packer tells of by a name of its own making. */
async function namedIn(log: string, more: RegExp | undefined): Promise<readonly string[]> {
  try {
    const text = await readFile(log, 'utf8')
    const named = text.match(/\bpacker_[0-9a-f-]{36}\b/g) ?? []
    return [...new Set([...named, ...(more === undefined ? [] : (text.match(more) ?? []))])]
  } catch (error) {
    throw new SindriError('failed', `cannot read ${log}`, { cause: error })
  }
}
