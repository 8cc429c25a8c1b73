import type { Json } from '../kit/json.ts'
import { alibabaError } from './alibaba-error.ts'
import type { Call } from './call.ts'
import type { Resource, Tags } from './records.ts'

/** Parameters of every list. */
export const listParameters = ['PageNumber', 'PageSize', 'MaxResults', 'Tag'] as const

/** Tags as ECS (`TagKey`) or VPC (`Key`) answers them. */
export function tagsOutput(tags: Tags, of: 'ecs' | 'vpc' = 'ecs'): Json {
  const Tag = Object.entries(tags).map(([key, value]) =>
    of === 'vpc' ? { Key: key, Value: value } : { TagKey: key, TagValue: value },
  )
  return { Tag }
}

/** One page of those resources of the region that have the tags asked for. */
export function listed<T extends Resource>(
  { input, region }: Call,
  list: string,
  item: string,
  things: readonly T[],
  output: (thing: T) => Json,
): Json {
  const number = input.number('PageNumber') ?? 1
  const size = input.number('PageSize') ?? input.number('MaxResults') ?? 10
  if (number < 1 || size < 1 || size > 100)
    throw alibabaError('InvalidParameter', 'The specified parameter "PageSize" or "PageNumber" is not valid.')
  const tags = input.objects('Tag')
  const found = things
    .filter((thing) => thing.region === region)
    .filter((thing) =>
      tags.every(({ Key = '', Value }) => {
        const own = thing.tags[Key]
        return own !== undefined && (Value === undefined || own === Value)
      }),
    )
    .sort((a, b) => b.createdAt - a.createdAt)
  return {
    PageNumber: number,
    PageSize: size,
    TotalCount: found.length,
    [list]: { [item]: found.slice((number - 1) * size, number * size).map(output) },
  }
}

/** A time as Alibaba Cloud writes it: without seconds' fractions. */
export function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
