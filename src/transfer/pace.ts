/** How a request ended; `unused` when there was nothing to send after all. */
export type Outcome = 'well' | 'throttled' | 'unused'

/** How many requests are under way at once: fewer when the other side is throttled, more when all goes well. */
export interface Pace {
  /** Resolves when one more may begin. */
  enter(): Promise<void>
  leave(outcome: Outcome): void
}

/** Begins with a quarter of `most`; halves after each throttled request, and adds one after as many good ones as there are. */
export function openPace(most: number): Pace {
  const waiting: (() => void)[] = []
  let limit = Math.max(1, Math.floor(most / 4))
  let busy = 0
  let good = 0

  function admit(): void {
    while (busy < limit) {
      const next = waiting.shift()
      if (next === undefined) return
      busy += 1
      next()
    }
  }

  return {
    enter: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        admit()
      }),
    leave(outcome) {
      busy -= 1
      if (outcome === 'well') good += 1
      if (outcome === 'throttled') {
        limit = Math.max(1, Math.floor(limit / 2))
        good = 0
      } else if (good >= limit) {
        limit = Math.min(most, limit + 1)
        good = 0
      }
      admit()
    },
  }
}
