import type { Poll } from '../../core/step.ts'

/** A new snapshot may take two minutes to be known everywhere: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html (2026-11) */
const mostLooks = 70

/**
 * Waits for what AWS has just answered and does not know: first it is new, then it is gone. A client token that was used
 * before answers what it made then, also when that was removed.
 */
export function patience(): (id: string, busy: string) => Exclude<Poll<never>, { readonly done: never }> {
  const looks = new Map<string, number>()
  return (id, busy) => {
    const now = (looks.get(id) ?? 0) + 1
    looks.set(id, now)
    if (now < mostLooks) return { busy, waits: true }
    return { failed: `AWS does not know ${id}: it was removed`, again: true }
  }
}
