import { createHash } from 'node:crypto'

/** What `digest` accepts: JSON values, with `undefined` members left out. */
export type Digestible =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Digestible[]
  | { readonly [key: string]: Digestible }

/** sha256 in hex of a value, the same whatever the order of its object keys. */
export function digest(value: Digestible): string {
  return createHash('sha256').update(canonical(value)).digest('hex')
}

function canonical(value: Digestible): string {
  if (Array.isArray(value)) return `[${value.map((item: Digestible) => canonical(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.join(',')}}`
}
