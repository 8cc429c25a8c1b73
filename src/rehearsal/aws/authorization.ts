import { awsError } from './aws-error.ts'
import type { Call, Operation } from './call.ts'
import { decide, type Policy, type Question } from './policy.ts'
import type { Value } from './query.ts'
import type { Tags } from './records.ts'
import { account, userArn } from './signature.ts'
import { requestedTags, tagsOfResource } from './tags.ts'

const kinds: Readonly<Record<string, string>> = {
  ami: 'image',
  eni: 'network-interface',
  i: 'instance',
  key: 'key-pair',
  sg: 'security-group',
  snap: 'snapshot',
  subnet: 'subnet',
  vol: 'volume',
  vpc: 'vpc',
}

function arnOf(region: string, kind: string, name: string): string {
  const owner = kind === 'image' || kind === 'snapshot' ? '' : account
  return `arn:aws:ec2:${region}:${owner}:${kind}/${name}`
}

const wordsOfTheUser = new Set(['Description', 'Filters', 'Name', 'TagSpecifications', 'Tags', 'UserData'])

/** Every id among the parameters, wherever it stands. */
function idsIn(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return /^[a-z]+-[0-9a-f]{8,17}$/.test(value) ? [value] : []
  if (Array.isArray(value)) return value.flatMap(idsIn)
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, child]) => (wordsOfTheUser.has(name) ? [] : idsIn(child)))
}

function withPrefix(prefix: string, tags: Tags): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]))
}

function questions(call: Call, operation: Operation): readonly Question[] {
  const { region, input } = call
  const action = operation.action ?? `${call.service}:${call.operation}`
  const where = { 'aws:RequestedRegion': region }
  const named = operation.resources?.(call)
  if (named !== undefined) return named.map((resource) => ({ action, resource, context: where }))
  if (call.service === 'ec2' && /^(Describe|Get)/.test(call.operation))
    return [{ action, resource: '*', context: where }]

  const added = Object.fromEntries(input.many('Tags').map((tag) => [tag.text('Key') ?? '', tag.text('Value') ?? '']))
  const existing = idsIn(input.fields).map((id): Question => {
    const kind = kinds[id.slice(0, id.indexOf('-'))] ?? '*'
    const context = {
      ...where,
      ...withPrefix('aws:RequestTag', added),
      ...withPrefix('aws:ResourceTag', tagsOfResource(call.here, id) ?? {}),
    }
    return { action, resource: arnOf(region, kind, id), context }
  })
  const made = (operation.creates ?? []).flatMap((kind): readonly Question[] => {
    const tags = { ...requestedTags(input, kind), ...(call.service === 'ec2' ? {} : added) }
    const resource = arnOf(region, kind, '*')
    const context = { ...where, ...withPrefix('aws:RequestTag', tags) }
    const tagging = { action: 'ec2:CreateTags', resource, context: { ...context, 'ec2:CreateAction': call.operation } }
    // Tagging while creating needs the right to tag as well.
    return Object.keys(tags).length === 0 ? [{ action, resource, context }] : [{ action, resource, context }, tagging]
  })
  const all = [...existing, ...made]
  return all.length > 0 ? all : [{ action, resource: '*', context: where }]
}

/**
 * Refuses what the policy does not allow, in EC2's words and with the code its service has for it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function authorize(policy: Policy, call: Call, operation: Operation, code: string): void {
  for (const question of questions(call, operation)) {
    const decision = decide(policy, question)
    if (decision === 'allowed') continue
    const reason =
      decision === 'denied'
        ? 'with an explicit deny in an identity-based policy'
        : `because no identity-based policy allows the ${question.action} action`
    throw awsError(
      code,
      `You are not authorized to perform this operation. User: ${userArn} is not authorized to perform: ${question.action} on resource: ${question.resource} ${reason}`,
    )
  }
}
