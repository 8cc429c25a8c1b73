import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { SindriError } from '../core/error.ts'
import type { Condition, Store } from '../core/store.ts'

/** The text of an object, and the version that a conditional write of it must name. */
export interface ObjectText {
  readonly text: string
  readonly version: string
}

/** Objects of one bucket whose writes may be conditional, in the words of a cloud. */
export interface Objects {
  /** Undefined where there is none. */
  get(name: string): Promise<ObjectText | undefined>
  /** The new version; undefined when it was refused since the condition does not hold, or may not have held. */
  put(name: string, text: string, condition: Condition): Promise<string | undefined>
  /** Names that begin so. */
  list(prefix: string): Promise<readonly string[]>
  /** Ends connections that are kept open. */
  close(): void
}

/** What time it is where the answers come from. */
export interface HeardClock {
  /** Takes the `Date` header of an answer that has just come. */
  hear(date: string | null | undefined): void
  /** Epoch milliseconds; undefined as long as nothing was heard. */
  now(): number | undefined
}

/** Goes on by this machine's steady clock from the last answer, whatever its calendar says. */
export function heardClock(): HeardClock {
  let last: { readonly at: number; readonly date: number } | undefined
  return {
    hear(date) {
      const heard = Date.parse(date ?? '')
      if (!Number.isNaN(heard)) last = { at: performance.now(), date: heard }
    },
    now: () => last && last.date + (performance.now() - last.at),
  }
}

/** How often a write is sent again that was refused though its condition holds: another write was under way. */
const attempts = 8
const firstPauseMs = 50

/**
 * A store over the objects of a bucket. Each write has an id of its own in the last line of its object: a client sends a
 * request again whose answer was lost, is refused then, and finds by the id that what it wanted to write is written. It
 * also makes every version another, where versions are sums of what is in an object.
 * @param folder what names begin with
 */
export function objectStore(objects: Objects, folder: string, clock: HeardClock): Store {
  return {
    async get(key) {
      const found = await objects.get(folder + key)
      return found && { value: found.text.slice(0, found.text.lastIndexOf('\n')), version: found.version }
    },

    async put(key, value, condition) {
      const name = folder + key
      const id = randomUUID()
      for (let attempt = 0; attempt < attempts; attempt++) {
        const version = await objects.put(name, `${value}\n${id}`, condition)
        if (version !== undefined) return version
        const there = await objects.get(name)
        if (there?.text.endsWith(`\n${id}`)) return there.version
        const holds = 'ifAbsent' in condition ? there === undefined : there?.version === condition.ifMatch
        if (!holds) return undefined
        await pause(firstPauseMs * 2 ** attempt)
      }
      throw new SindriError('timeout', `${name} could not be written: others are writing it all the time`, {
        hint: 'run the same command again',
      })
    },

    async list(prefix) {
      const names = await objects.list(folder + prefix)
      return names.map((name) => name.slice(folder.length)).sort()
    },

    async now() {
      // Any answer tells the time.
      if (clock.now() === undefined) await objects.get(`${folder}lease`)
      return clock.now() ?? Date.now()
    },

    close: () => objects.close(),
  }
}
