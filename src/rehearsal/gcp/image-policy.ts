import { randomBytes } from 'node:crypto'
import { type Json, objectIn, objectsIn, textIn, textsIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { gcpError, notImplemented } from './gcp-error.ts'
import { ownImage } from './images.ts'
import { domainsOnly } from './organization.ts'
import type { ImageRecord } from './records.ts'

function policyOutput({ policy }: ImageRecord): Json {
  return { version: 1, etag: 'ACAB', ...(policy && { ...policy, version: 3 }) }
}

/** An etag is bytes, in either alphabet of base64. */
function sameBytes(a: string, b: string): boolean {
  return Buffer.from(a, 'base64').equals(Buffer.from(b, 'base64'))
}

const members =
  /^(allAuthenticatedUsers|(user|group|serviceAccount):[^@\s]+@[a-z0-9.-]+|domain:[a-z0-9.-]+|principal(Set)?:\/\/\S+)$/

function setPolicy(call: Call): Json {
  const image = ownImage(call)
  const { bindings, etag } = objectIn(call.body.policy)
  // https://cloud.google.com/iam/docs/retry-strategy (2026-11)
  if (textIn(etag) !== undefined && !sameBytes(String(etag), String(policyOutput(image).etag)))
    throw gcpError('aborted', 'There were concurrent policy changes. Please retry the whole read-modify-write.')
  const wanted = objectsIn(bindings)
  for (const member of wanted.flatMap((binding) => textsIn(binding.members))) {
    if (!members.test(member)) throw gcpError('invalid', `Invalid member '${member}'.`)
    if (member === 'allAuthenticatedUsers' && domainsOnly(call.world.records, call.at.project ?? ''))
      throw gcpError('conditionNotMet', 'One or more users named in the policy do not belong to a permitted customer.')
  }
  if (wanted.some(({ condition }) => condition !== undefined)) throw notImplemented('conditions of bindings')
  image.policy = { bindings: wanted, etag: randomBytes(9).toString('base64') }
  return policyOutput(image)
}

const image = 'projects/:project/global/images/:name'

/** Who may use an image. https://cloud.google.com/compute/docs/reference/rest/v1/images/setIamPolicy (2026-11) */
export const imagePolicyOperations: Operations = {
  'compute.images.getIamPolicy': {
    pattern: `GET ${image}/getIamPolicy`,
    permissions: ['compute.images.getIamPolicy'],
    query: ['optionsRequestedPolicyVersion'],
    run: (call) => policyOutput(ownImage(call)),
  },
  'compute.images.setIamPolicy': {
    pattern: `POST ${image}/setIamPolicy`,
    permissions: ['compute.images.setIamPolicy'],
    body: ['policy'],
    run: setPolicy,
  },
}
