import type { Output } from './answer.ts'
import { type AwsError, awsError, isAwsError } from './aws-error.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import type { Input } from './input.ts'
import type { RegionRecords, Tags } from './records.ts'

const maxTags = 50

function checkTags(tags: Tags): Tags {
  for (const [key, value] of Object.entries(tags)) {
    if (key.toLowerCase().startsWith('aws:')) {
      throw awsError('InvalidParameterValue', "Tag keys starting with 'aws:' are reserved for internal use")
    }
    if (key === '' || key.length > 127) {
      throw awsError('InvalidParameterValue', `Tag key exceeds the maximum length of 127 characters: ${key}`)
    }
    if (value.length > 255)
      throw awsError('InvalidParameterValue', 'Tag value exceeds the maximum length of 255 characters')
  }
  if (Object.keys(tags).length > maxTags)
    throw awsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.')
  return tags
}

function tagsOf(inputs: readonly Input[]): Tags {
  const tags: Record<string, string> = Object.create(null)
  for (const input of inputs) tags[input.text('Key') ?? ''] = input.text('Value') ?? ''
  return checkTags({ ...tags })
}

/** The tags a request gives to new resources of `kind`. */
export function requestedTags(input: Input, kind: string): Tags {
  const specifications = input.many('TagSpecifications').filter((each) => each.text('ResourceType') === kind)
  return tagsOf(specifications.flatMap((each) => each.many('Tags')))
}

/** The tags a request to a service other than EC2 gives to the one resource it makes; `refused` words what is wrong. */
export function topLevelTags(input: Input, refused: (message: string) => AwsError): Tags {
  try {
    return tagsOf(input.many('Tags'))
  } catch (error) {
    throw isAwsError(error) ? refused(error.message) : error
  }
}

/** Refuses tag specifications for kinds the operation does not make. */
export function checkTagKinds(input: Input, kinds: readonly string[]): void {
  for (const each of input.many('TagSpecifications')) {
    const kind = each.text('ResourceType') ?? ''
    if (!kinds.includes(kind)) {
      throw awsError('InvalidParameterValue', `'${kind}' is not a valid taggable resource type for this operation.`)
    }
  }
}

/** Tags as answers show them; undefined when there are none, as EC2 leaves the list out. */
export function tagList(tags: Tags): Output {
  const entries = Object.entries(tags)
  return entries.length === 0 ? undefined : entries.map(([Key, Value]) => ({ Key, Value }))
}

interface Tagged {
  readonly kind: string
  readonly notFound: string
  readonly tags: Tags
  readonly write: (tags: Tags) => void
}

function tagged(here: RegionRecords, id: string): Tagged | undefined {
  const tables = [
    ['image', 'InvalidAMIID.NotFound', here.images],
    ['snapshot', 'InvalidSnapshot.NotFound', here.snapshots],
    ['volume', 'InvalidVolume.NotFound', here.volumes],
    ['instance', 'InvalidInstanceID.NotFound', here.instances],
    ['key-pair', 'InvalidKeyPair.NotFound', here.keyPairs],
    ['security-group', 'InvalidGroup.NotFound', here.securityGroups],
  ] as const
  for (const [kind, notFound, table] of tables) {
    const record = Object.values(table).find((each) => each.id === id)
    if (record !== undefined) {
      return { kind, notFound, tags: record.tags, write: (tags) => Object.assign(record, { tags }) }
    }
  }
  const instance = Object.values(here.instances).find((each) => each.interfaceId === id)
  return (
    instance && {
      kind: 'network-interface',
      notFound: 'InvalidNetworkInterfaceID.NotFound',
      tags: instance.interfaceTags,
      write: (tags) => Object.assign(instance, { interfaceTags: tags }),
    }
  )
}

/** The tags of any resource of the region; undefined when there is no such resource. */
export function tagsOfResource(here: RegionRecords, id: string): Tags | undefined {
  return tagged(here, id)?.tags
}

function allTagged(call: Call): readonly Tagged[] {
  return call.input.texts('Resources').map((id) => {
    const found = tagged(call.here, id)
    if (found === undefined) throw awsError('InvalidID', `The ID '${id}' is not valid`)
    return found
  })
}

interface Row {
  readonly id: string
  readonly kind: string
  readonly key: string
  readonly value: string
  readonly tags: Tags
}

const rowFilters: Filters<Row> = {
  'resource-id': (row) => row.id,
  'resource-type': (row) => row.kind,
  key: (row) => row.key,
  value: (row) => row.value,
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html and its neighbours. */
export const tagOperations: Operations = {
  CreateTags: {
    supports: ['Resources', 'Tags'],
    run: (call) => {
      const added = tagsOf(call.input.many('Tags'))
      const merged = allTagged(call).map((each) => ({ each, tags: checkTags({ ...each.tags, ...added }) }))
      for (const { each, tags } of merged) each.write(tags)
      return undefined
    },
  },
  DeleteTags: {
    supports: ['Resources', 'Tags'],
    run: (call) => {
      const removed = call.input.many('Tags')
      for (const each of allTagged(call)) {
        const kept = Object.entries(each.tags).filter(
          ([key, value]) =>
            removed.length > 0 &&
            !removed.some((tag) => tag.text('Key') === key && (tag.text('Value') ?? value) === value),
        )
        each.write(Object.fromEntries(kept))
      }
      return undefined
    },
  },
  DescribeTags: {
    supports: ['Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const { here } = call
      const ids = [
        ...[here.images, here.snapshots, here.volumes, here.instances, here.securityGroups].flatMap((table) =>
          Object.keys(table),
        ),
        ...Object.values(here.keyPairs).map((pair) => pair.id),
      ]
      const rows = ids.flatMap((id): readonly Row[] => {
        const found = tagged(here, id)
        return Object.entries(found?.tags ?? {}).map(([key, value]) => ({
          id,
          kind: found?.kind ?? '',
          key,
          value,
          tags: { [key]: value },
        }))
      })
      const { items, next } = filtered(call, rows, rowFilters)
      return {
        Tags: items.map((row) => ({ ResourceId: row.id, ResourceType: row.kind, Key: row.key, Value: row.value })),
        NextToken: next,
      }
    },
  },
}
