import type { Status } from '../src/rehearsal/status.ts'

/** How many resources there are, by cloud, region and kind. */
export type Counts = ReadonlyMap<string, number>

/** What the rehearsed accounts hold. */
export function countsOf(status: Pick<Status, 'resources'>): Counts {
  const counts = new Map<string, number>()
  for (const [cloud, regions] of Object.entries(status.resources))
    for (const [region, kinds] of Object.entries(regions))
      for (const [kind, held] of Object.entries(kinds)) counts.set(`${cloud} ${region} ${kind}`, sizeOf(held))
  return counts
}

function sizeOf(held: unknown): number {
  if (Array.isArray(held)) return held.length
  return typeof held === 'object' && held !== null ? Object.keys(held).length : 1
}

/** What `versions` of a release hold: what the account needs once, and what each version adds. */
export function expected(one: Counts, two: Counts, versions: number): Counts {
  const kinds = new Set([...one.keys(), ...two.keys()])
  return new Map(
    [...kinds].map((kind) => {
      const [first, second] = [one.get(kind) ?? 0, two.get(kind) ?? 0]
      return [kind, first + (versions - 1) * (second - first)]
    }),
  )
}

/** Every kind of which there is another number than there should be. */
export function differences(want: Counts, have: Counts): readonly string[] {
  return [...new Set([...want.keys(), ...have.keys()])]
    .filter((kind) => (want.get(kind) ?? 0) !== (have.get(kind) ?? 0))
    .map((kind) => `${kind}: ${have.get(kind) ?? 0}, should be ${want.get(kind) ?? 0}`)
}

/** All of them together. */
export function total(counts: Counts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
