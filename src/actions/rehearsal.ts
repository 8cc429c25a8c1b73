import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SindriError } from '../core/error.ts'
import { alive, cancelPacker, type Handle } from '../packer/run.ts'
import { current, down, type Places, type Rehearsal, type Status, serve, status, up } from '../rehearsal/index.ts'
import type { Context } from './context.ts'

/** How long a Packer may take to let go before it is killed. */
const cancelDeadlineMs = 20_000

export interface RehearsalUpOptions {
  /** Path of a policy or role to enforce, in any cloud's language; `none` lifts it. */
  readonly policy?: string | undefined
  /** Failures to come, for example `CopyImage:before:Throttling:2`. */
  readonly faults?: readonly string[] | undefined
}

/** Starts the rehearsal unless it runs. The first time makes the base disks, which takes about a minute. */
export function rehearsalUp(options: RehearsalUpOptions, context: Context): Promise<Rehearsal> {
  return up({
    places: placesOf(context),
    serve: [...context.self.command, 'rehearsal', 'serve'],
    environment: context.environment,
    signal: context.signal,
    tell: (message) => context.emit({ type: 'note', message }),
    ...(options.policy === undefined ? {} : { policy: options.policy }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  })
}

/** Ends the rehearsal and removes all it made; safe after a crash and when nothing runs. */
export async function rehearsalDown(context: Context): Promise<{ readonly stopped: readonly string[] }> {
  const packers = await stopRuns(join(context.home, 'rehearsal', 'records', 'runs'))
  const { stopped } = await down(placesOf(context))
  return { stopped: [...packers, ...stopped] }
}

/** Packer outlives a Sindri that was killed; without the cloud it works on it has nothing left to do. */
async function stopRuns(folder: string): Promise<readonly string[]> {
  const stopped: string[] = []
  for await (const file of glob(join(folder, '*', '*', 'run.json'))) {
    // Written by the step that started it.
    const { packer } = JSON.parse(await readFile(file, 'utf8')) as { readonly packer: Handle }
    if (!alive(packer)) continue
    await cancelPacker(packer, { deadlineMs: cancelDeadlineMs })
    stopped.push(`packer ${packer.pid}`)
  }
  return stopped
}

/** What the rehearsed clouds hold, and the last requests they were asked. */
export function rehearsalStatus(context: Context): Promise<Status> {
  return status(placesOf(context))
}

/** The environment that points vendors' command lines and Packer at the running rehearsal. */
export async function rehearsalEnvironment(context: Context): Promise<Readonly<Record<string, string>>> {
  const running = await current(placesOf(context))
  if (running === undefined)
    throw new SindriError('failed', 'no rehearsal is running', { hint: 'start one with sindri rehearsal up' })
  return running.environment
}

/** The rehearsal itself, in the process that `up` starts. */
export function rehearsalServe(context: Context): Promise<void> {
  return serve(placesOf(context), context.signal)
}

function placesOf(context: Context): Places {
  return { home: context.home, cache: context.cache }
}
