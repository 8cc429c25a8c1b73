import type { Clock } from './clock.ts'
import type { Setting } from './setting.ts'
import { type Step, step } from './step.ts'
import type { Store } from './store.ts'

/** A cloud of the tests: idempotent by token, finds by name, counts what it made. */
export interface FakeCloud {
  readonly made: Map<string, { name: string; digest: string }>
  readonly visible: Map<string, string>
  thing(
    name: string,
    options?: { after?: readonly Step<string>[]; digest?: string; fails?: () => boolean; bestEffort?: boolean },
  ): Step<string>
  visibility(name: string, want: string, after: readonly Step<string>[]): Setting
}

export function fakeCloud(beforeWrite: () => void = () => undefined): FakeCloud {
  const made = new Map<string, { name: string; digest: string }>()
  const visible = new Map<string, string>()
  return {
    made,
    visible,
    thing(name, options = {}) {
      const digest = options.digest ?? `digest of ${name}`
      return step<string, { token: string }>(name, {
        title: `make ${name}`,
        digest,
        after: options.after ?? [],
        bestEffort: options.bestEffort ?? false,
        async find() {
          const found = [...made.values()].find((one) => one.name === name)
          return found === undefined ? undefined : { digest: found.digest, out: name }
        },
        async start(_got, token) {
          beforeWrite()
          if (options.fails?.()) return { token: 'never' }
          made.set(token, { name, digest })
          beforeWrite()
          return { token }
        },
        async poll({ token }) {
          return made.has(token) ? { done: name } : { failed: 'the cloud said no' }
        },
        async undo() {
          for (const [token, one] of made) if (one.name === name) made.delete(token)
        },
      })
    },
    visibility(name, want, after) {
      return {
        id: `visible/${name}`,
        title: `visibility of ${name}`,
        after,
        want,
        read: async () => visible.get(name) ?? 'nobody',
        async write() {
          beforeWrite()
          visible.set(name, want)
          beforeWrite()
        },
      }
    },
  }
}

/** A store in memory that may be told to die around each write. `now` is its own clock. */
export function memoryStore(beforeWrite: () => void = () => undefined, now: () => number = () => 1_000_000): Store {
  const rows = new Map<string, { value: string; version: number }>()
  return {
    async get(key) {
      const row = rows.get(key)
      return row === undefined ? undefined : { value: row.value, version: String(row.version) }
    },
    async put(key, value, condition) {
      const row = rows.get(key)
      const holds = 'ifAbsent' in condition ? row === undefined : String(row?.version) === condition.ifMatch
      if (!holds) return undefined
      beforeWrite()
      const version = (row?.version ?? 0) + 1
      rows.set(key, { value, version })
      return String(version)
    },
    list: async (prefix) => [...rows.keys()].filter((key) => key.startsWith(prefix)).sort(),
    now: async () => now(),
    close: () => undefined,
  }
}

/** A clock that never waits: sleeping moves it forward. */
export function instantClock(): Clock {
  let now = 1_700_000_000_000
  return {
    now: () => now,
    async sleep(ms) {
      now += ms
    },
  }
}
