import { randomUUID } from 'node:crypto'
import { messageOf, SindriError } from '../../core/error.ts'
import { type Fault, takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import type { StandInOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import {
  ec2Answer,
  ec2ErrorAnswer,
  jsonErrorAnswer,
  type Output,
  restErrorAnswer,
  stsAnswer,
  stsErrorAnswer,
} from './answer.ts'
import { authorize } from './authorization.ts'
import { type AwsError, awsError, isAwsError, notImplemented } from './aws-error.ts'
import type { Call, Operation } from './call.ts'
import { inputOf, usedMembers } from './input.ts'
import { operations } from './operations.ts'
import type { Policy } from './policy.ts'
import { type Fields, parseForm } from './query.ts'
import type { AwsRecords } from './records.ts'
import { awsHost } from './regions.ts'
import { account, type Scope, userArn, verifySignature } from './signature.ts'

/** What the journal leaves out: secrets, and what is only long. */
const untold = new Set(['UserData', 'PublicKeyMaterial', 'PresignedUrl', 'DryRun'])

function told(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !untold.has(name)))
}

function checkSupported(name: string, operation: Operation, fields: Fields): void {
  const supports = ['DryRun', ...operation.supports]
  const lacking = [...usedMembers(fields)].find(
    (used) => !supports.some((member) => used === member || used.startsWith(`${member}.`)),
  )
  if (lacking !== undefined) throw notImplemented(`the parameter ${lacking} of ${name}`)
}

/** A failure of the rehearsal itself. One with a known reason is final: clients shall not try for minutes. */
function failure(error: unknown): AwsError {
  if (!(error instanceof SindriError)) return awsError('InternalError', `The rehearsal failed: ${messageOf(error)}`)
  return awsError('Rehearsal.Failed', [error.message, error.hint].filter(Boolean).join('. '))
}

/** The refusal in the form the service's clients read, also of services that are not here. */
function refusalBody(service: string, request: Request, refusal: AwsError, requestId: string): string {
  if (service === 'ec2') return ec2ErrorAnswer(refusal, requestId)
  if (service === 'sts') return stsErrorAnswer(refusal, requestId)
  return request.headers['x-amz-target'] === undefined ? restErrorAnswer(refusal, requestId) : jsonErrorAnswer(refusal)
}

function readOnly(operation: string): boolean {
  return /^(Describe|Get)/.test(operation)
}

function scopeOf(request: Request, now: number): Scope {
  const scope = verifySignature(request, now)
  const host = awsHost(request.host)
  if (host !== undefined && (host.region !== scope.region || host.service !== scope.service)) {
    throw awsError('SignatureDoesNotMatch', `Credential should be scoped to a valid region, not '${scope.region}'.`)
  }
  return scope
}

/** AWS's own answer to which address a caller has; every client of a rehearsal comes from loopback. */
const callerAddressHost = 'checkip.amazonaws.com'

/** Answers requests to EC2 and STS, and tells callers their address. */
export function awsStandIn(
  options: StandInOptions<AwsRecords, Policy>,
): (request: Request) => Promise<Answer | undefined> {
  const { world, journal } = options
  const inTurn = openTurns()

  function fault(when: Fault['when'], name: string, region: string): void {
    const code = takeFault(options.faults(), when, name, region)
    if (code !== undefined) throw awsError(code, `${code}, as the rehearsal was told to answer ${name}.`)
  }

  async function run(call: Call, operation: Operation): Promise<Output> {
    fault('before', call.operation, call.region)
    try {
      return await operation.run(call)
    } finally {
      if (!readOnly(call.operation)) world.save()
    }
  }

  async function ec2(name: string, scope: Scope, fields: Fields, operation: Operation): Promise<Output> {
    checkSupported(name, operation, fields)
    const here = world.records[scope.region]
    if (here === undefined) throw notImplemented(`the region ${scope.region}`)
    const callNow = (): Call => ({
      operation: name,
      input: inputOf(fields),
      region: scope.region,
      here,
      world,
      now: options.now(),
    })
    const policy = options.policy()
    if (policy !== undefined) authorize(policy, callNow(), operation)
    if (fields.DryRun === true)
      throw awsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
    const acted = readOnly(name) ? run(callNow(), operation) : inTurn(async () => run(callNow(), operation))
    const output = await acted
    fault('after', name, scope.region)
    return output
  }

  return async (request) => {
    if (request.host === callerAddressHost)
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: '127.0.0.1\n' }
    const requestId = randomUUID()
    const form = request.method === 'POST' ? new URLSearchParams(request.body.toString('utf8')) : request.query
    const name = form.get('Action') ?? ''
    let service = awsHost(request.host)?.service ?? 'ec2'
    let region = awsHost(request.host)?.region ?? ''
    let fields: Fields = {}

    function answer(status: number, body: string, error?: AwsError): Answer | undefined {
      const entry = {
        at: new Date(options.now()).toISOString(),
        cloud: 'aws',
        region,
        operation: name || '(none)',
        status,
      }
      journal({ ...entry, ...(error && { error: error.awsCode, message: error.message }), parameters: told(fields) })
      if (error?.awsCode === 'Disconnect') return undefined
      return { status, headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId }, body }
    }

    try {
      const scope = scopeOf(request, options.now())
      service = scope.service
      region = scope.region
      if (service === 'sts' && name === 'GetCallerIdentity') {
        return answer(
          200,
          stsAnswer(name, { Arn: userArn, UserId: 'AIDAREHEARSALEXAMPLE', Account: account }, requestId),
        )
      }
      if (service !== 'ec2' && service !== 'sts') throw notImplemented(`the service ${service}`)
      const operation = service === 'ec2' && Object.hasOwn(operations, name) ? operations[name] : undefined
      if (operation === undefined) throw notImplemented(`the operation ${name || '(none)'} of ${service}`)
      fields = parseForm(name, form)
      return answer(200, ec2Answer(name, await ec2(name, scope, fields, operation), requestId))
    } catch (error) {
      const refusal = isAwsError(error) ? error : failure(error)
      if (error !== refusal)
        options.tell(`${name} in ${region}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      return answer(refusal.status, refusalBody(service, request, refusal, requestId), refusal)
    }
  }
}
