import type { Clock } from './clock.ts'
import { SindriError } from './error.ts'
import type { Emit } from './events.ts'
import type { KeptHandles } from './kept-handle.ts'
import { openMaker } from './make.ts'
import type { Plan } from './plan.ts'
import { retry } from './retry.ts'
import type { Setting } from './setting.ts'
import type { Fill } from './sink.ts'
import type { Got, Maker, Step } from './step.ts'
import type { Store } from './store.ts'
import { together } from './together.ts'

export interface ApplyOptions {
  /** The release's name: part of every token. */
  readonly release: string
  readonly plan: Plan
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: Emit
  /** Brings the bytes of steps that carry some. */
  readonly fill?: Fill | undefined
  /** Where handles that are secrets are kept, when others may read the store. */
  readonly secrets?: KeptHandles | undefined
}

export interface Applied {
  /** Outputs of the steps that are done. */
  readonly got: Got
  /** Best-effort steps that failed; the next run tries them again. */
  readonly failures: readonly { readonly id: string; readonly error: unknown }[]
}

/**
 * The only mover: makes every step (independent ones side by side), then reconciles the settings.
 * No setting is written before every required step is done, so nothing half-made becomes visible.
 */
export async function apply(options: ApplyOptions): Promise<Applied> {
  const { plan, signal } = options
  const outputs = new Map<Step<unknown>, unknown>()
  // The map holds under each step what that same step returned.
  const got: Got = <Out>(step: Step<Out>): Out => {
    if (!outputs.has(step)) throw new SindriError('failed', `${step.id} was read before it was done`)
    return outputs.get(step) as Out
  }
  const maker = openMaker({ ...options, got })
  const running = new Map<Step<unknown>, Promise<void>>()
  const skipped = new Set<Step<unknown>>()
  for (const step of plan.steps) running.set(step, run(step))
  const settled = await Promise.allSettled(running.values())
  signal.throwIfAborted()
  const failures = plan.steps.flatMap((step, index) => {
    const result = settled[index]
    return result?.status === 'rejected' ? [{ id: step.id, step, error: result.reason }] : []
  })
  const required = failures.filter(({ step }) => !step.bestEffort && !skipped.has(step))
  if (required.length > 0) throw together(required.map(({ error }) => error))

  await settle({ ...options, got, exists: (step) => outputs.has(step) })
  return { got, failures }

  async function run(step: Step<unknown>): Promise<void> {
    const earlier = await Promise.allSettled(step.after.map((one) => running.get(one)))
    if (earlier.some((one) => one.status === 'rejected')) {
      skipped.add(step)
      throw new SindriError('failed', `${step.title} was not tried: something it needs has failed`)
    }
    signal.throwIfAborted()
    outputs.set(step, await step.run(maker))
  }
}

/** Reconciles the settings of what exists, one after the other in the plan's order. */
export async function settle({
  plan,
  clock,
  signal,
  emit,
  got,
  exists,
}: Pick<ApplyOptions, 'plan' | 'clock' | 'signal' | 'emit'> & {
  readonly got: Got
  readonly exists: (step: Step<unknown>) => boolean
}): Promise<void> {
  for (const setting of plan.settings) {
    if (!setting.after.every(exists)) continue
    signal.throwIfAborted()
    await retry(clock, signal, () => reconcile(setting, got, emit))
  }
}

/** Removes what the steps made, last first; goes on after a failure and reports all of them, and stops when it is told to. */
export async function unapply(options: ApplyOptions): Promise<void> {
  const got: Got = (step) => {
    throw new SindriError('not-found', `${step.id} was read while undoing`)
  }
  const maker: Maker = openMaker({ ...options, got })
  const errors: unknown[] = []
  for (const step of options.plan.steps.toReversed()) {
    options.signal.throwIfAborted()
    await step.revert(maker).catch((error: unknown) => errors.push(error))
  }
  if (errors.length > 0) throw together(errors)
}

async function reconcile(setting: Setting, got: Got, emit: Emit): Promise<void> {
  const from = await setting.read(got)
  const change = from === setting.want ? 'none' : 'made'
  if (change === 'made') await setting.write(got)
  emit({ type: 'setting', id: setting.id, change, from, to: setting.want })
}
