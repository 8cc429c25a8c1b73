import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** Bytes from `offset` on that were stored. */
export interface PageRange {
  readonly offset: number
  readonly length: number
}

/**
 * The list of what was stored in a page blob: a file beside its bytes to which each request adds a line, so that what was
 * answered survives kill -9 and a long list costs nothing to go on with.
 */
export function pageListOf(file: string): string {
  return `${file}.pages`
}

/** Writes down that a range was stored; `list` is a path. */
export function notePages(list: string, { offset, length }: PageRange): void {
  appendFileSync(list, `${offset} ${length}\n`, { mode: 0o600 })
}

/** What was stored, in order, neighbours as one. A line cut short by a crash is left out. */
export function pagesIn(list: string): readonly PageRange[] {
  if (!existsSync(list)) return []
  const lines = readFileSync(list, 'utf8').split('\n').slice(0, -1)
  const ranges = lines.map((line) => line.split(' ').map(Number)).sort(([a = 0], [b = 0]) => a - b)
  const joined: { offset: number; length: number }[] = []
  for (const [offset = 0, length = 0] of ranges) {
    const last = joined.at(-1)
    if (last !== undefined && offset <= last.offset + last.length)
      last.length = Math.max(last.length, offset + length - last.offset)
    else joined.push({ offset, length })
  }
  return joined
}
