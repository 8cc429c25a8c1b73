import { alibabaError } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import type { Resource, Tags } from './records.ts'

/** At most so many tags a resource has. https://www.alibabacloud.com/help/en/ecs/user-guide/limits (2026-11) */
const most = 20

/** Kinds of resources by their name in requests. */
function tableOf({ world }: Call, kind: string): Record<string, Resource> {
  const { images, snapshots, instances, disks, securityGroups } = world.records
  const tables: Readonly<Record<string, Record<string, Resource>>> = {
    ...{ image: images, snapshot: snapshots, instance: instances, disk: disks, securitygroup: securityGroups },
  }
  const table = tables[kind.toLowerCase()]
  if (table !== undefined) return table
  throw alibabaError('InvalidResourceType.NotFound', `The ResourceType ${kind} provided does not exist in our records.`)
}

function tag(call: Call, ids: readonly string[], tags: Tags): void {
  const table = tableOf(call, call.input.need('ResourceType'))
  for (const id of ids) {
    const resource = table[id]
    if (resource === undefined || resource.region !== call.region)
      throw alibabaError('InvalidResourceId.NotFound', `The specified resource ${id} is not found.`)
    const all = { ...resource.tags, ...tags }
    if (Object.keys(all).length > most)
      throw alibabaError('QuotaExceed.TagPerResource', 'The number of tags exceeds the limit.')
    resource.tags = all
  }
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-tagresources; `AddTags` is its older form. */
export const tagOperations: Operations = {
  TagResources: {
    actions: ['ecs:TagResources'],
    supports: ['ResourceType', 'ResourceId', 'Tag'],
    run: (call) => {
      tag(call, call.input.texts('ResourceId'), call.input.tags())
      return {}
    },
  },
  AddTags: {
    actions: ['ecs:AddTags'],
    supports: ['ResourceType', 'ResourceId', 'Tag'],
    run: (call) => {
      tag(call, [call.input.need('ResourceId')], call.input.tags())
      return {}
    },
  },
}
