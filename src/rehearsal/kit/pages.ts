/** One page of a listing; `next` is the token of the page after it. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: string
}

/** Cuts a page of at most `size` items; undefined when `token` is not one this function made. */
export function page<T>(items: readonly T[], size: number | undefined, token: string | undefined): Page<T> | undefined {
  const start = token === undefined ? 0 : Number(/^page-(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1])
  if (!Number.isSafeInteger(start)) return undefined
  const end = start + (size ?? items.length)
  const rest = end < items.length ? { next: Buffer.from(`page-${end}`).toString('base64url') } : {}
  return { items: items.slice(start, end), ...rest }
}
