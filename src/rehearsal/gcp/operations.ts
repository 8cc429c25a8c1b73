import { createHash, randomInt, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { notFound } from './gcp-error.ts'
import { urlOf } from './listing.ts'
import type { OperationRecord, Resource } from './records.ts'
import { durationsMs, operationStatus } from './states.ts'

/** A number as Google gives every resource, 19 digits. */
export function newId(): string {
  return `${randomInt(1_000_000, 9_000_000)}${String(randomInt(10 ** 12)).padStart(12, '0')}`
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations */
function operationOutput(operation: OperationRecord, now: number): Json {
  const { id, name, path, type, target, targetId, createdAt, doneAt, error } = operation
  const status = operationStatus(operation, now)
  const at = new Date(createdAt).toISOString()
  const zone = /^projects\/[^/]+\/zones\/[^/]+/.exec(path)?.[0]
  return {
    kind: 'compute#operation',
    id,
    name,
    ...(zone && { zone: urlOf(zone) }),
    operationType: type,
    targetLink: urlOf(target),
    targetId,
    status,
    progress: status === 'DONE' ? 100 : 0,
    insertTime: at,
    startTime: at,
    ...(status === 'DONE' && { endTime: new Date(doneAt).toISOString() }),
    ...(status === 'DONE' &&
      error && { error: { errors: [error] }, httpErrorStatusCode: 400, httpErrorMessage: 'BAD REQUEST' }),
    selfLink: urlOf(path),
  }
}

/** Something that is begun, and fails when it is under way: what was to be made, and why it is not. */
export interface Failing {
  readonly failing: Resource
  readonly error: { readonly code: string; readonly message: string }
}

/**
 * Does something once for each `requestId`, and answers the operation that stands for it. `make` returns what it was
 * done to. https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert (requestId)
 */
export async function begun(
  call: Call,
  type: string,
  make: () => Promise<Resource | Failing> | Resource,
): Promise<Json> {
  const { world, now, query, path } = call
  const { operations, requests } = world.records
  const requestId = query.get('requestId')
  const digest = createHash('sha256')
    .update(`${type} ${path} ${JSON.stringify(call.body)}`)
    .digest('hex')
  const known = requestId === null ? undefined : requests[requestId]
  const earlier = known?.digest === digest ? operations[known.operation] : undefined
  if (earlier !== undefined) return operationOutput(earlier, now)
  const made = await make()
  const target = 'failing' in made ? made.failing : made
  const name = `operation-${now}-${randomUUID().slice(0, 13)}`
  const place = /^projects\/[^/]+\/(global|zones\/[^/]+)/.exec(target.path)?.[0] ?? ''
  const operation: OperationRecord = {
    id: newId(),
    path: `${place}/operations/${name}`,
    name,
    project: target.project,
    createdAt: now,
    type,
    target: target.path,
    targetId: target.id,
    doneAt: now + durationsMs.operation,
    ...('failing' in made && { error: made.error }),
  }
  operations[operation.path] = operation
  if (requestId !== null) requests[requestId] = { digest, operation: operation.path }
  return operationOutput(operation, now)
}

function find({ world, path }: Call): OperationRecord {
  const found = world.records.operations[path]
  if (found === undefined) throw notFound(path)
  return found
}

const get = (call: Call): Json => operationOutput(find(call), call.now)

/** Google answers when it is done, or after two minutes; here it is done after less than a second. */
async function wait(call: Call): Promise<Json> {
  const found = find(call)
  await delay(Math.min(durationsMs.operation, Math.max(0, found.doneAt - call.now)))
  return operationOutput(found, Math.max(call.now, found.doneAt))
}

/** What was begun, as it is now. */
export const operationOperations: Operations = {
  'compute.zoneOperations.get': {
    pattern: 'GET projects/:project/zones/:zone/operations/:name',
    permissions: ['compute.zoneOperations.get'],
    run: get,
  },
  'compute.zoneOperations.wait': {
    pattern: 'POST projects/:project/zones/:zone/operations/:name/wait',
    permissions: ['compute.zoneOperations.get'],
    run: wait,
  },
  'compute.globalOperations.get': {
    pattern: 'GET projects/:project/global/operations/:name',
    permissions: ['compute.globalOperations.get'],
    run: get,
  },
  'compute.globalOperations.wait': {
    pattern: 'POST projects/:project/global/operations/:name/wait',
    permissions: ['compute.globalOperations.get'],
    run: wait,
  },
}
