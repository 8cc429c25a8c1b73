import { type Page, page } from '../kit/pages.ts'
import { wildcardMatch } from '../kit/wildcard.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Call } from './call.ts'
import type { Tags } from './records.ts'

/** EC2's filter names of one kind of resource, and how each reads its value; undefined matches nothing. */
export type Filters<T> = Readonly<
  Record<string, (item: T, call: Call) => string | boolean | number | undefined | readonly string[]>
>

function tagsIn(item: object): Tags {
  return 'tags' in item ? (item.tags as Tags) : {} // every record calls its tags so, and nothing else
}

function valuesOf<T extends object>(item: T, name: string, filters: Filters<T>, call: Call): readonly string[] {
  const tags = tagsIn(item)
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length)
    return Object.hasOwn(tags, key) ? [tags[key] ?? ''] : []
  }
  if (name === 'tag-key') return Object.keys(tags)
  const value = filters[name]?.(item, call)
  if (value === undefined) return []
  return typeof value === 'object' ? value : [String(value)]
}

/**
 * The page of `items` that pass the request's filters: values are joined with or, filters with and.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
 */
export function filtered<T extends object>(call: Call, items: readonly T[], filters: Filters<T>): Page<T> {
  const asked = call.input
    .many('Filters')
    .map((filter) => ({ name: filter.need('Name'), values: filter.texts('Values') }))
  const lacking = asked.find(({ name }) => !/^tag(:|-key$)/.test(name) && !Object.hasOwn(filters, name))
  if (lacking !== undefined) throw notImplemented(`the filter ${lacking.name} of ${call.operation}`)
  const passing = items.filter((item) =>
    asked.every(({ name, values }) => {
      const actual = valuesOf(item, name, filters, call)
      return values.some((pattern) => actual.some((value) => wildcardMatch(pattern, value)))
    }),
  )
  const size = call.input.number('MaxResults')
  if (size !== undefined && size < 1) {
    throw awsError('InvalidParameterValue', `Value ( ${size} ) for parameter maxResults is invalid.`)
  }
  const cut = page(passing, size, call.input.text('NextToken'))
  if (cut === undefined) throw awsError('InvalidNextToken', 'The specified token is invalid.')
  return cut
}
