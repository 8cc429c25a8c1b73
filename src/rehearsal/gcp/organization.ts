import { type Json, objectIn, textIn, textsIn } from '../kit/json.ts'
import { gcpError } from './gcp-error.ts'
import type { GcpRecords } from './records.ts'

const domains = 'constraints/iam.allowedPolicyMemberDomains'

/** What the organisation says of a constraint that is a list; without a word of it everything is allowed. */
export function effectivePolicy({ organization }: GcpRecords, project: string, body: Json): Json {
  const constraint = textIn(body.constraint) ?? ''
  if (!constraint.startsWith('constraints/')) throw gcpError('invalid', `Constraint '${constraint}' does not exist.`)
  return organization[`${project} ${constraint}`] ?? { constraint, listPolicy: { allValues: 'ALLOW' } }
}

/** https://cloud.google.com/resource-manager/reference/rest/v1/projects/setOrgPolicy (2026-11) */
export function setOrganizationPolicy({ organization }: GcpRecords, project: string, body: Json): Json {
  const policy = objectIn(body.policy)
  organization[`${project} ${textIn(policy.constraint)}`] = policy
  return policy
}

/** True where only members of certain organisations may be given a role. */
export function domainsOnly({ organization }: GcpRecords, project: string): boolean {
  const list = objectIn(objectIn(organization[`${project} ${domains}`]).listPolicy)
  return list.allValues === 'DENY' || textsIn(list.allowedValues).length > 0
}
