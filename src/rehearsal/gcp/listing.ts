import type { Json } from '../kit/json.ts'
import { page } from '../kit/pages.ts'
import type { Call } from './call.ts'
import { gcpError, notImplemented } from './gcp-error.ts'
import type { Resource } from './records.ts'

/** Query parameters of every list. */
export const listQuery = ['filter', 'maxResults', 'pageToken', 'orderBy', 'returnPartialSuccess'] as const

type Test = (
  thing: Resource & { readonly labels?: Readonly<Record<string, string>>; readonly family?: string },
) => boolean

const expression = /^\(?\s*(name|family|labels\.[a-z0-9_-]+)\s*(=|eq|:)\s*(?:"([^"]*)"|([^"()\s]+))\s*\)?(?:\s+AND)?\s*/

/**
 * The part of Google's filters that is about names, families and labels: `=` is equality, `eq` a regular expression, and
 * `:*` asks whether there is one. Anything else is answered 501.
 * https://cloud.google.com/compute/docs/reference/rest/v1/images/list (filter, read 2026-11)
 */
function testsOf(filter: string): readonly Test[] {
  const tests: Test[] = []
  let rest = filter.trim()
  while (rest !== '') {
    const [whole, field = '', operator, quoted, bare = ''] = expression.exec(rest) ?? []
    const value = quoted ?? bare
    if (whole === undefined || (operator === ':' && value !== '*')) throw notImplemented(`the filter ${filter}`)
    const passes = (own: string): boolean => {
      if (operator === '=') return own === value
      return operator === ':' || new RegExp(`^(?:${value})$`).test(own)
    }
    const key = field.replace(/^labels\./, '')
    tests.push((thing) => {
      const own = field === 'name' ? thing.name : field === 'family' ? thing.family : thing.labels?.[key]
      return own !== undefined && passes(own)
    })
    rest = rest.slice(whole.length)
  }
  return tests
}

/** One page of those resources, below the path that was asked for, that the filter lets through. */
export function listed<T extends Resource>(
  call: Call,
  kind: string,
  things: readonly T[],
  output: (thing: T) => Json,
): Json {
  const { query, path } = call
  if (query.get('orderBy')) throw notImplemented('orderBy')
  const tests = testsOf(query.get('filter') ?? '')
  const found = things
    .filter((thing) => thing.path.startsWith(`${path}/`))
    .filter((thing) => tests.every((test) => test(thing)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const size = query.get('maxResults')
  const cut = page(found, size === null ? 500 : Number(size), query.get('pageToken') ?? undefined)
  if (cut === undefined) throw gcpError('invalid', "Invalid value for field 'pageToken'.")
  return {
    kind,
    id: path,
    ...(cut.items.length > 0 && { items: cut.items.map(output) }),
    ...(cut.next && { nextPageToken: cut.next }),
    selfLink: urlOf(path),
  }
}

/** The URL of a path. */
export function urlOf(path: string): string {
  return `https://www.googleapis.com/compute/v1/${path}`
}
