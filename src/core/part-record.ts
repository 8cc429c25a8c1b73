import type { PartRecord } from './sink.ts'
import type { Store } from './store.ts'

/** Written under `parts/<step>`: one bit for each part, of the attempt that this token began. */
interface Row {
  readonly token: string
  /** Base64; bit 0 of byte 0 is part 0. */
  readonly bits: string
}

/** The parts of one attempt of a step, kept in the store of its release. Those of another attempt do not count. */
export function partRecord(store: Store, id: string, token: string): PartRecord {
  const key = `parts/${id}`
  return {
    async read() {
      const row = await store.get(key)
      if (row === undefined) return new Set()
      // Written by `write` below and by nothing else.
      const { token: of, bits } = JSON.parse(row.value) as Row
      return of === token ? partsIn(Buffer.from(bits, 'base64')) : new Set()
    },
    async write(stored) {
      const row = await store.get(key)
      const value = JSON.stringify({ token, bits: bitsOf(stored).toString('base64') } satisfies Row)
      await store.put(key, value, row === undefined ? { ifAbsent: true } : { ifMatch: row.version })
    },
  }
}

function partsIn(bits: Uint8Array): ReadonlySet<number> {
  const parts = new Set<number>()
  for (const [at, byte] of bits.entries())
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) parts.add(at * 8 + bit)
  return parts
}

function bitsOf(parts: ReadonlySet<number>): Buffer {
  let last = -1
  for (const part of parts) last = Math.max(last, part)
  const bits = Buffer.alloc(Math.floor(last / 8) + 1)
  for (const part of parts) bits[part >> 3] = (bits[part >> 3] ?? 0) | (1 << (part & 7))
  return bits
}
