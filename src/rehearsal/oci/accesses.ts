import { createHash, randomBytes } from 'node:crypto'
import { textIn } from '../kit/json.ts'
import { findBucket, namespace } from './buckets.ts'
import type { Call, Operations } from './call.ts'
import { invalid, notFound, notImplemented } from './oci-error.ts'
import type { AccessRecord } from './records.ts'
import { pageOf, requiredIn } from './resource.ts'

function accessOutput({ id, name, object, createdAt, expiresAt }: AccessRecord) {
  const times = { timeCreated: new Date(createdAt).toISOString(), timeExpires: new Date(expiresAt).toISOString() }
  return { id, name, objectName: object, accessType: 'ObjectRead', bucketListingAction: 'Deny', ...times }
}

function create(call: Call) {
  const bucket = findBucket(call, ['PAR_MANAGE', 'OBJECT_READ'])
  const { body, now } = call
  const object = requiredIn(body, 'objectName')
  if (requiredIn(body, 'accessType') !== 'ObjectRead')
    throw notImplemented(`pre-authenticated requests of the type ${textIn(body.accessType)}`)
  const expiresAt = Date.parse(requiredIn(body, 'timeExpires'))
  if (!(expiresAt > now)) throw invalid('timeExpires is not in the future')
  const secret = randomBytes(48).toString('base64url')
  const record: AccessRecord = {
    ...{ id: randomBytes(32).toString('base64url'), name: requiredIn(body, 'name'), object, createdAt: now, expiresAt },
    secret: createHash('sha256').update(secret).digest('hex'),
  }
  bucket.accesses[record.id] = record
  const accessUri = `/p/${secret}/n/${namespace}/b/${bucket.displayName}/o/${encodeURIComponent(object)}`
  const fullPath = `https://objectstorage.${call.region.name}.oraclecloud.com${accessUri}`
  return { json: { ...accessOutput(record), accessUri, fullPath } }
}

const at = 'n/:namespace/b/:bucket/p'

/** The secret is told once. https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/PreauthenticatedRequest (2026-11) */
export const accessOperations: Operations = {
  CreatePreauthenticatedRequest: {
    pattern: `POST ${at}`,
    body: ['name', 'objectName', 'accessType', 'timeExpires'],
    run: create,
  },
  ListPreauthenticatedRequests: {
    pattern: `GET ${at}`,
    query: ['objectNamePrefix', 'limit', 'page'],
    run(call) {
      const prefix = call.query.get('objectNamePrefix') ?? ''
      const known = Object.values(findBucket(call, ['PAR_MANAGE']).accesses)
      return pageOf(call, known.filter(({ object }) => object.startsWith(prefix)).map(accessOutput))
    },
  },
  DeletePreauthenticatedRequest: {
    pattern: `DELETE ${at}/:id`,
    run(call) {
      const { accesses } = findBucket(call, ['PAR_MANAGE'])
      const id = decodeURIComponent(call.at.id ?? '')
      if (accesses[id] === undefined) throw notFound()
      delete accesses[id]
      return {}
    },
  },
}
