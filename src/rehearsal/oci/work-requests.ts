import type { Json } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { notFound } from './oci-error.ts'
import type { WorkRequestRecord } from './records.ts'
import { listedCompartment, pageOf } from './resource.ts'

function findRequest({ at, world, region }: Call): WorkRequestRecord {
  const found = world.records.workRequests?.[at.id ?? '']
  if (found === undefined || found.region !== region.name) throw notFound()
  return found
}

function statusOf({ endsAt, error }: WorkRequestRecord, now: number): string {
  if (now < endsAt) return 'IN_PROGRESS'
  return error === undefined ? 'SUCCEEDED' : 'FAILED'
}

function requestOutput(request: WorkRequestRecord, now: number): Json {
  const { id, compartmentId, operation, resourceId, acceptedAt, endsAt } = request
  const ended = now >= endsAt
  const done = Math.min(1, (now - acceptedAt) / (endsAt - acceptedAt))
  const timeAccepted = new Date(acceptedAt).toISOString()
  return {
    ...{ id, compartmentId, operationType: operation, status: statusOf(request, now) },
    ...{ percentComplete: Math.round(done * 100), timeAccepted, timeStarted: timeAccepted },
    timeFinished: ended ? new Date(endsAt).toISOString() : null,
    resources: [{ actionType: ended ? 'CREATED' : 'IN_PROGRESS', entityType: 'image', identifier: resourceId }],
  }
}

/** What takes its time. https://docs.oracle.com/iaas/api/#/en/workrequests/20160918/ (2026-11) */
export const workRequestOperations: Operations = {
  ListWorkRequests: {
    pattern: 'GET workRequests',
    query: ['compartmentId', 'resourceId', 'limit', 'page'],
    run(call) {
      const compartment = listedCompartment(call, [])
      const resource = call.query.get('resourceId')
      const known = Object.values(call.world.records.workRequests ?? {})
        .filter((one) => one.region === call.region.name && one.compartmentId === compartment)
        .filter((one) => resource === null || one.resourceId === resource)
      return pageOf(
        call,
        known.map((one) => requestOutput(one, call.now)),
      )
    },
  },
  GetWorkRequest: {
    pattern: 'GET workRequests/:id',
    run: (call) => ({ json: requestOutput(findRequest(call), call.now) }),
  },
  ListWorkRequestErrors: {
    pattern: 'GET workRequests/:id/errors',
    query: ['limit', 'page'],
    run(call) {
      const { error, endsAt } = findRequest(call)
      const ended = error !== undefined && call.now >= endsAt
      return pageOf(call, ended ? [{ ...error, timestamp: new Date(endsAt).toISOString() }] : [])
    },
  },
}
