import type { Labels } from './labels.ts'
import type { Deprecation, GcpImage, GcpInstance, Progress } from './port.ts'

/** An object as Google's APIs answer it. */
export type Json = { readonly [name: string]: unknown }

/** A member that is text. */
export function textOf(value: Json, name: string): string | undefined {
  const found = value[name]
  return typeof found === 'string' ? found : undefined
}

/** The things on one page of a list. */
export function itemsOf(page: Json): readonly Json[] {
  return objects(page.items)
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/images#Image */
export function imageOf(image: Json): GcpImage {
  return {
    name: textOf(image, 'name') ?? '',
    status: textOf(image, 'status') ?? 'UNKNOWN',
    createdAt: textOf(image, 'creationTimestamp') ?? '',
    labels: labelsOf(image.labels),
    deprecation: deprecationOf(object(image.deprecated)),
    description: textOf(image, 'description') ?? '',
    family: textOf(image, 'family'),
  }
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances#Instance */
export function instanceOf(instance: Json): GcpInstance {
  const [card = {}] = objects(instance.networkInterfaces)
  const [access = {}] = objects(card.accessConfigs)
  return {
    name: textOf(instance, 'name') ?? '',
    status: textOf(instance, 'status') ?? 'UNKNOWN',
    labels: labelsOf(instance.labels),
    publicAddress: textOf(access, 'natIP'),
    privateAddress: textOf(card, 'networkIP'),
  }
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations#Operation */
export function operationOf(operation: Json): Progress {
  const problems = objects(object(operation.error).errors)
  const told = problems.map((one) => `${textOf(one, 'message') ?? ''} (${textOf(one, 'code') ?? ''})`)
  const { httpErrorStatusCode: status, httpErrorMessage: message } = operation
  // Both say that it failed, and either may be alone.
  if (told.length === 0 && Number(status ?? 0) >= 400) told.push(`${message ?? 'no reason given'} (HTTP ${status})`)
  return { done: operation.status === 'DONE', ...(told.length > 0 && { problem: told.join('; ') }) }
}

const states: readonly Deprecation['state'][] = ['ACTIVE', 'DEPRECATED', 'OBSOLETE', 'DELETED']

function deprecationOf(deprecated: Json): Deprecation {
  const state = states.find((one) => one === deprecated.state) ?? 'ACTIVE'
  return { state, at: textOf(deprecated, 'deprecated') }
}

function labelsOf(labels: unknown): Labels {
  return Object.fromEntries(Object.entries(object(labels)).map(([key, value]) => [key, String(value)]))
}

/** A member that is an object; empty where it is left out. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** A member that is a list of objects. */
export function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : []
}
