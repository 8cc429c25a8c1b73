import type { Clock } from './clock.ts'
import { messageOf, SindriError } from './error.ts'
import type { Plan } from './plan.ts'
import { retry } from './retry.ts'
import type { Got, Maker, Step } from './step.ts'

/** What was found of a step: `foreign` is something of its name that was made from something else. */
export interface SurveyedStep {
  readonly id: string
  readonly title: string
  readonly state: 'exists' | 'missing' | 'foreign' | 'unknown'
  /** Why it is unknown, or what it was made from. */
  readonly detail?: string
}

/** A setting as it is and as it is wanted. `have` is undefined while what it is about does not exist. */
export interface SurveyedSetting {
  readonly id: string
  readonly title: string
  readonly want: string
  readonly have: string | undefined
}

export interface Survey {
  readonly steps: readonly SurveyedStep[]
  readonly settings: readonly SurveyedSetting[]
  /** Outputs of the steps that exist. */
  readonly got: Got
}

/** Looks at everything a plan is about, and changes nothing: what `plan` shows, and what `verify` compares. */
export async function survey(options: {
  readonly plan: Plan
  readonly clock: Clock
  readonly signal: AbortSignal
}): Promise<Survey> {
  const { plan, clock, signal } = options
  const outputs = new Map<Step<unknown>, unknown>()
  // The map holds under each step what that same step's own `find` returned.
  const got: Got = <Out>(step: Step<Out>): Out => {
    if (!outputs.has(step)) throw new SindriError('not-found', `${step.id} does not exist`)
    return outputs.get(step) as Out
  }
  const looker: Maker = {
    async make(_, make) {
      const found = await retry(clock, signal, () => make.find(got))
      if (found === undefined) throw new SindriError('not-found', `${make.title}: not done`)
      if (found.digest !== make.digest) throw new SindriError('conflict', `${make.title}: made from something else`)
      return found.out
    },
    unmake: () => Promise.reject(new SindriError('failed', 'a survey changes nothing')),
  }
  const steps: SurveyedStep[] = []
  const waves = new Map<Step<unknown>, Promise<void>>()
  for (const step of plan.steps) waves.set(step, look(step))
  await Promise.all(waves.values())
  const settings = await Promise.all(
    plan.settings.map(async ({ id, title, want, after, read }): Promise<SurveyedSetting> => {
      const there = after.every((step) => outputs.has(step))
      return { id, title, want, have: there ? await retry(clock, signal, () => read(got)) : undefined }
    }),
  )
  const order = plan.steps.map(({ id }) => id)
  return { steps: steps.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id)), settings, got }

  async function look(step: Step<unknown>): Promise<void> {
    await Promise.all(step.after.map((one) => waves.get(one)))
    const { id, title } = step
    try {
      outputs.set(step, await step.run(looker))
      steps.push({ id, title, state: 'exists' })
    } catch (error) {
      signal.throwIfAborted()
      const code = error instanceof SindriError ? error.code : undefined
      const state = code === 'not-found' ? 'missing' : code === 'conflict' ? 'foreign' : 'unknown'
      steps.push({ id, title, state, ...(state !== 'missing' && { detail: messageOf(error) }) })
    }
  }
}
