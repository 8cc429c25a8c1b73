import { SindriError } from './error.ts'
import type { Setting } from './setting.ts'
import type { Step } from './step.ts'

/** What to make and what to open, in an order that can be carried out. */
export interface Plan {
  readonly steps: readonly Step<unknown>[]
  readonly settings: readonly Setting[]
}

/** Orders steps so that each comes after what it needs. Throws on two things with one id and on a step that is not in the plan. */
export function plan(steps: readonly Step<unknown>[], settings: readonly Setting[] = []): Plan {
  const ids = [...steps, ...settings].map((one) => one.id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new SindriError('failed', `two things in one plan are called ${twice}`)
  const known = new Set(steps)
  const ordered = new Set<Step<unknown>>()
  const visit = (step: Step<unknown>): void => {
    if (ordered.has(step)) return
    if (!known.has(step)) throw new SindriError('failed', `${step.id} is needed but not in the plan`)
    for (const earlier of step.after) visit(earlier)
    ordered.add(step)
  }
  for (const step of steps) visit(step)
  for (const setting of settings) for (const step of setting.after) visit(step)
  return { steps: [...ordered], settings }
}
