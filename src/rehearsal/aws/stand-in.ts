import { hash, randomUUID } from 'node:crypto'
import { messageOf, SindriError } from '../../core/error.ts'
import { type Fault, takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import type { StandInOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import { type Output, stsAnswer } from './answer.ts'
import { authorize } from './authorization.ts'
import { type AwsError, awsError, isAwsError, notImplemented } from './aws-error.ts'
import type { Call, Operation, Payload } from './call.ts'
import { inputOf, usedMembers } from './input.ts'
import type { Policy } from './policy.ts'
import type { Fields } from './query.ts'
import type { AwsRecords } from './records.ts'
import { awsHost } from './regions.ts'
import { isService, type Service, serviceNamed } from './services.ts'
import { account, claimedService, type Scope, userArn, verifySignature } from './signature.ts'
import { openSummedJournal } from './summed-journal.ts'

/** What the journal leaves out: secrets, and what is only long. */
const untold = new Set(['UserData', 'UefiData', 'PublicKeyMaterial', 'PresignedUrl', 'DryRun'])

function withoutSecrets(fields: Fields): Fields {
  const secret = fields.Type === 'SecureString' ? 'Value' : ''
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !untold.has(name) && name !== secret))
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

function readOnly(operation: string): boolean {
  return /^(Describe|Get|Head|List)/.test(operation)
}

function payloadOf(bytes: Buffer): Payload {
  let digest: Buffer | undefined
  return {
    bytes,
    sha256: () => {
      digest ??= hash('sha256', bytes, 'buffer')
      return digest
    },
  }
}

function scopeOf(request: Request, payload: Payload, now: number): Scope {
  const scope = verifySignature(request, payload, now)
  const host = awsHost(request.host)
  if (host !== undefined && (host.region !== scope.region || host.service !== scope.service)) {
    throw awsError('SignatureDoesNotMatch', `Credential should be scoped to a valid region, not '${scope.region}'.`)
  }
  return scope
}

/** What a request asks for. */
interface Asked {
  readonly name: string
  readonly fields: Fields
  readonly operation: Operation
  readonly payload: Payload
}

/** AWS's own answer to which address a caller has; every client of a rehearsal comes from loopback. */
const callerAddressHost = 'checkip.amazonaws.com'

/** Answers requests to EC2, STS and the other services publishing needs, and tells callers their address. */
export function awsStandIn(
  options: StandInOptions<AwsRecords, Policy>,
): (request: Request) => Promise<Answer | undefined> {
  const { world } = options
  const journal = openSummedJournal(options.journal)
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
      if (!readOnly(call.operation) && !operation.movesBytes) world.save()
    }
  }

  async function act(asked: Asked, scope: Scope, service: Service): Promise<Output> {
    const { name, fields, operation, payload } = asked
    checkSupported(name, operation, fields)
    const here = world.records[scope.region]
    if (here === undefined) throw notImplemented(`the region ${scope.region}`)
    const callNow = (): Call => ({
      service: scope.service,
      operation: name,
      input: inputOf(fields),
      region: scope.region,
      here,
      world,
      now: options.now(),
      payload,
    })
    const policy = options.policy()
    if (policy !== undefined) authorize(policy, callNow(), operation, service.denied)
    if (fields.DryRun === true)
      throw awsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
    const beside = readOnly(name) || operation.movesBytes
    const acted = beside ? run(callNow(), operation) : inTurn(async () => run(callNow(), operation))
    const output = await acted
    fault('after', name, scope.region)
    return output
  }

  return async (request) => {
    if (request.host === callerAddressHost)
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: '127.0.0.1\n' }
    const requestId = randomUUID()
    const host = awsHost(request.host)
    const payload = payloadOf(request.body)
    let service = serviceNamed(host?.service ?? claimedService(request) ?? 'ec2', request)
    let name = service.nameOf(request)
    let region = host?.region ?? ''
    let fields: Fields = {}

    function told(answered: Answer, error?: AwsError, movesBytes?: boolean): Answer | undefined {
      const { status } = answered
      const at = new Date(options.now()).toISOString()
      const entry = { at, cloud: 'aws', region, operation: name || '(none)', status }
      if (movesBytes)
        journal.oneOfMany({ ...entry, parameters: { SnapshotId: fields.SnapshotId } }, payload.bytes.length)
      else
        journal.entry({
          ...entry,
          ...(error && { error: error.awsCode, message: error.message }),
          parameters: withoutSecrets(fields),
        })
      if (error?.awsCode === 'Disconnect') return undefined
      const date = new Date(at).toUTCString()
      return { ...answered, headers: { ...answered.headers, date, 'x-amzn-requestid': requestId } }
    }

    try {
      const scope = scopeOf(request, payload, options.now())
      const meant = serviceNamed(scope.service, request)
      if (meant !== service) name = meant.nameOf(request)
      service = meant
      region = scope.region
      if (scope.service === 'sts' && name === 'GetCallerIdentity') {
        const identity = { Arn: userArn, UserId: 'AIDAREHEARSALEXAMPLE', Account: account }
        const headers = { 'content-type': 'text/xml;charset=UTF-8' }
        return told({ status: 200, headers, body: stsAnswer(name, identity, requestId) })
      }
      if (!isService(scope.service)) throw notImplemented(`the service ${scope.service}`)
      const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined
      if (operation === undefined) throw notImplemented(`the operation ${name || '(none)'} of ${scope.service}`)
      fields = service.fieldsOf(name, request)
      const output = await act({ name, fields, operation, payload }, scope, service)
      return told(service.answer(name, output, requestId), undefined, operation.movesBytes)
    } catch (error) {
      const refusal = isAwsError(error) ? error : failure(error)
      if (error !== refusal)
        options.tell(`${name} in ${region}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      return told(service.refusal(refusal, requestId), refusal)
    }
  }
}
