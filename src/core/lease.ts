import type { Clock } from './clock.ts'
import { messageOf, SindriError } from './error.ts'
import type { Store } from './store.ts'

/** Who works on a release: shown to whoever comes second. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** Of this run alone: tells two processes with one pid apart, and whose a lease is when an answer was lost. */
  readonly nonce: string
  /** The machine, where its host's name does not tell. */
  readonly machine?: string
}

export interface Lease {
  /** Aborted when the lease was lost to another runner. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface LeaseOptions {
  readonly store: Store
  readonly owner: Owner
  readonly clock: Clock
  /** True when that owner is known to be gone, so that a killed process does not block the next for the whole term. */
  readonly gone: (owner: Owner) => boolean
  /** The part of the release that is worked on, where several runners may each have one; otherwise all of it. */
  readonly part?: string
  /** How long another runner is waited for. Default: not at all. */
  readonly waitMs?: number
  /** Called once when another runner is waited for. */
  readonly waiting?: (owner: Owner) => void
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

const termMs = 120_000
const lookEveryMs = 1_000
/** How soon a renewal that failed is tried again. */
const renewAgainMs = 5_000

interface Term {
  readonly owner: Owner
  readonly until: number
}

/**
 * Takes the lease of a release and renews it at a third of its term. Its term is told by the store's clock; this runner's
 * own only says how long it has waited.
 * @throws SindriError `conflict` when another holds it, and still does after `waitMs`
 */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { clock, waitMs = 0, signal } = options
  const until = clock.now() + waitMs
  for (let told = false; ; told = true) {
    const tried = await takeNow(options)
    if (!('refused' in tried)) return tried
    if (clock.now() >= until) throw tried.refused
    if (!told && tried.holder !== undefined) options.waiting?.(tried.holder)
    await clock.sleep(lookEveryMs, signal)
  }
}

/** The lease is another's: whose, unless it was taken in this moment. */
interface Refused {
  readonly refused: SindriError
  readonly holder?: Owner
}

async function takeNow(options: LeaseOptions): Promise<Lease | Refused> {
  const { store, owner, clock } = options
  const key = options.part === undefined ? 'lease' : `lease/${options.part}`
  const held = await store.get(key)
  const term = held === undefined ? undefined : parse(held.value)
  const now = await store.now()
  if (term !== undefined && term.until > now && !options.gone(term.owner)) {
    const seconds = Math.ceil((term.until - now) / 1000)
    const { host, pid } = term.owner
    return {
      refused: new SindriError('conflict', `another sindri (process ${pid} on ${host}) works on this release`, {
        hint: `wait for it to finish; if it is gone, its lease ends in ${seconds} s`,
      }),
      holder: term.owner,
    }
  }
  const text = (until: number): string => JSON.stringify({ owner, until } satisfies Term)
  const put = await store.put(
    key,
    text(now + termMs),
    held === undefined ? { ifAbsent: true } : { ifMatch: held.version },
  )
  if (put === undefined)
    return {
      refused: new SindriError('conflict', 'another sindri took this release at the same moment', {
        hint: 'run the command again',
      }),
    }

  let version: string = put
  const lost = new AbortController()
  const stopped = new AbortController()
  const renewal = renew()

  async function renew(): Promise<void> {
    let renewedAt = clock.now()
    let pauseMs = termMs / 3
    for (;;) {
      await clock.sleep(pauseMs, stopped.signal).catch(() => undefined)
      if (stopped.signal.aborted) return
      const before = clock.now()
      try {
        const next = await renewed()
        if (next === undefined) {
          lost.abort(
            new SindriError('partial', 'the lease of this release was taken by another sindri', { hint: goOn }),
          )
          return
        }
        version = next
        renewedAt = before
        pauseMs = termMs / 3
      } catch (error) {
        // Whoever cannot reach the store any more must have stopped before others take the release.
        if (clock.now() + renewAgainMs >= renewedAt + termMs) {
          const message = `the lease of this release could not be renewed: ${messageOf(error)}`
          lost.abort(new SindriError('partial', message, { hint: goOn, cause: error }))
          return
        }
        pauseMs = renewAgainMs
      }
    }
  }

  /** The new version; undefined when the lease is another's. */
  async function renewed(): Promise<string | undefined> {
    const value = text((await store.now()) + termMs)
    const next = await store.put(key, value, { ifMatch: version })
    if (next !== undefined) return next
    // Of an earlier renewal no answer may have come, though it was written.
    const now = await store.get(key)
    if (now === undefined || parse(now.value).owner.nonce !== owner.nonce) return undefined
    return store.put(key, value, { ifMatch: now.version })
  }

  return {
    lost: lost.signal,
    async release() {
      stopped.abort()
      await renewal
      // Where that does not succeed it ends by itself.
      await store.put(key, text(0), { ifMatch: version }).catch(() => undefined)
    },
  }
}

const goOn = 'run the same command again: it goes on where this one stopped'

function parse(text: string): Term {
  // Written by the function above and by nothing else.
  return JSON.parse(text) as Term
}
