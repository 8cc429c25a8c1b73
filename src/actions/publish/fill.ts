import type { Emit } from '../../core/events.ts'
import type { Plan } from '../../core/plan.ts'
import type { Fill } from '../../core/sink.ts'
import type { Step } from '../../core/step.ts'
import type { SendOptions } from '../../transfer/send.ts'
import { sendTogether } from '../../transfer/send-together.ts'

/** Sends the disk of a plan in one read, and hears of steps that need no bytes any more from the plan's own events. */
export function fillOf(plan: Plan, options: SendOptions): { readonly fill: Fill; readonly emit: Emit } {
  const filled = plan.steps.filter(({ fills }) => fills)
  const together = sendTogether(
    filled.map(({ id }) => id),
    options,
  )
  /** The steps whose end says that a step sends nothing: itself, and what it comes after. */
  const before = filled.map((step) => ({ id: step.id, ids: new Set(ancestors(step)) }))
  return {
    fill: together.fill,
    emit(event) {
      options.emit(event)
      if (event.type !== 'step') return
      const { id, state } = event
      if (state === 'done' || state === 'adopted') together.without(id)
      if (state === 'failed' || state === 'cancelled')
        for (const one of before) if (one.id === id || one.ids.has(id)) together.without(one.id)
    },
  }
}

function ancestors(step: Step<unknown>): readonly string[] {
  return step.after.flatMap((one) => [one.id, ...ancestors(one)])
}
