import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../kit/json.ts'
import { notFound } from './azure-error.ts'
import type { Call, Operations, Reply } from './call.ts'
import { durationsMs, operationStatus } from './states.ts'

const endpoint = 'https://management.azure.com'

/**
 * The answer to something that goes on after it, with the headers by which clients follow it. `location` is where the
 * provider keeps its operations.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations (2026-11)
 */
export function begun(
  call: Call,
  reply: Pick<Reply, 'status' | 'body'> & { readonly error?: Json; readonly lastsMs?: number },
): Reply {
  const { now, world, at } = call
  const id = randomUUID()
  const { error, lastsMs = durationsMs.operation } = reply
  world.records.operations[id] = { id, createdAt: now, doneAt: now + lastsMs, ...(error && { error }) }
  const provider = /\/providers\/(Microsoft\.[A-Za-z]+)/i.exec(call.id)?.[1] ?? 'Microsoft.Resources'
  const place = `${endpoint}/subscriptions/${at.subscription}/providers/${provider}/locations/here`
  const version = `api-version=${call.query.get('api-version') ?? ''}`
  return {
    status: reply.status,
    ...(reply.body && { body: reply.body }),
    headers: {
      'azure-asyncoperation': `${place}/operations/${id}?${version}`,
      // Where the result of a PUT is the resource itself, which clients ask for by its own id.
      ...(call.method !== 'PUT' && { location: `${place}/operationresults/${id}?${version}` }),
      'retry-after': '0',
    },
  }
}

/** Resolves when it is done, or at the latest after as long as things take here: nobody asks in vain. */
async function finished({ world, at, now, id }: Call) {
  const found = world.records.operations[at.operation ?? '']
  if (found === undefined) throw notFound(id)
  const leftMs = Math.max(0, found.doneAt - now)
  await delay(Math.min(leftMs, 1_000))
  return { found, status: operationStatus(found, now + leftMs) }
}

const subscriptions = 'subscriptions/:subscription'

/** What was begun, as it is now. */
export const operationOperations: Operations = {
  'Operations.Get': {
    pattern: `GET ${subscriptions}/providers/:provider/locations/:location/operations/:operation`,
    actions: [],
    async run(call) {
      const { found, status } = await finished(call)
      const startTime = new Date(found.createdAt).toISOString()
      const error = status === 'Failed' ? { error: found.error } : {}
      return { status: 200, body: { name: found.id, status, startTime, ...error }, headers: { 'retry-after': '0' } }
    },
  },
  'OperationResults.Get': {
    pattern: `GET ${subscriptions}/providers/:provider/locations/:location/operationresults/:operation`,
    actions: [],
    async run(call) {
      const { found, status } = await finished(call)
      return status === 'Failed' ? { status: 409, body: { error: found.error ?? {} } } : { status: 200, body: {} }
    },
  },
}
