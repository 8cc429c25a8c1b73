import { randomUUID } from 'node:crypto'
import { messageOf } from '../../core/error.ts'
import { type Fault, takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import type { Json } from '../kit/json.ts'
import type { StandInOptions as KitOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import { callerIdentity, endpoints } from './account.ts'
import { addressOperations } from './addresses.ts'
import { type AlibabaError, alibabaError, isAlibabaError, notImplemented } from './alibaba-error.ts'
import { written } from './answer.ts'
import type { Operations } from './call.ts'
import { imageOperations } from './images.ts'
import { importOperations } from './import-image.ts'
import { inputOf } from './input.ts'
import { placeOperations } from './instance-types.ts'
import { instanceOperations } from './instances.ts'
import { keyPairOperations } from './key-pairs.ts'
import { networkOperations } from './network.ts'
import { ossAnswer, ossOperation, ossRefusal } from './oss-requests.ts'
import { verifyOss } from './oss-signature.ts'
import { alibabaHost, bucketHost, checkRegion } from './places.ts'
import { authorize, authorizeOss, type RamPolicy } from './ram-policy.ts'
import type { AlibabaRecords } from './records.ts'
import { roleOperations } from './roles.ts'
import { securityGroupOperations } from './security-groups.ts'
import { openVerifier } from './signature.ts'
import { storageOperations } from './storage.ts'
import { tagOperations } from './tags.ts'

export type StandInOptions = KitOptions<AlibabaRecords, RamPolicy>

/** ECS's older API still has what is VPC's; VPC has nothing of ECS's. */
const vpcOperations: Operations = { ...networkOperations, ...addressOperations }
const ecsOperations: Operations = {
  ...vpcOperations,
  ...imageOperations,
  ...importOperations,
  ...instanceOperations,
  ...keyPairOperations,
  ...placeOperations,
  ...securityGroupOperations,
  ...storageOperations,
  ...tagOperations,
}

const operationsOf = { ecs: ecsOperations, vpc: vpcOperations, ram: roleOperations } as const

const versions = {
  ...{ ecs: '2014-05-26', vpc: '2016-04-28', sts: '2015-04-01', location: '2015-06-12', ram: '2015-05-01' },
} as const

/** The parameters of a request: those of its query, and those of its body. */
function parametersOf(request: Request): ReadonlyMap<string, string> {
  const form = /x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')
  return new Map([...request.query, ...(form ? new URLSearchParams(request.body.toString('utf8')) : [])])
}

/** What the journal keeps: no signatures, and no user data. */
function told(parameters: ReadonlyMap<string, string>): Json {
  const secret = /^(Signature.*|AccessKeyId|SecurityToken|Timestamp|Action|Version|Format|UserData|Password)$/
  return Object.fromEntries([...parameters].filter(([name]) => !secret.test(name)))
}

/** Answers requests to ECS, VPC, STS, RAM, OSS and the location service. */
export function alibabaStandIn(options: StandInOptions): (request: Request) => Promise<Answer | undefined> {
  const { world } = options
  const inTurn = openTurns()
  const verifier = openVerifier()

  function fault(when: Fault['when'], operation: string, region: string): void {
    const code = takeFault(options.faults(), when, operation, region)
    if (code !== undefined) throw alibabaError(code, `${code}, as the rehearsal was told to answer ${operation}.`)
  }

  async function carryOut(
    service: keyof typeof operationsOf,
    name: string,
    region: string,
    parameters: ReadonlyMap<string, string>,
  ): Promise<Json> {
    const operation = operationsOf[service][name]
    if (operation === undefined) throw notImplemented(`the operation ${name} of ${service}`)
    checkRegion(region)
    const input = inputOf(name, parameters, operation.supports)
    authorize(options.policy(), operation.actions)
    return faulty(name, region, operation.reads === true, () =>
      operation.run({ input, region, world, now: options.now() }),
    )
  }

  /** Carries out an operation between the faults that were ordered; changes one after the other, and saved. */
  async function faulty<T>(name: string, region: string, reads: boolean, act: () => T | Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      fault('before', name, region)
      try {
        return await act()
      } finally {
        if (!reads) world.save()
      }
    }
    const output = reads ? await run() : await inTurn(run)
    fault('after', name, region)
    return output
  }

  /** Answers requests to buckets. */
  async function oss(
    request: Request,
    place: { readonly bucket: string; readonly region: string },
  ): Promise<Answer | undefined> {
    const requestId = randomUUID().replaceAll('-', '').slice(0, 24).toUpperCase()
    const { bucket, region } = place
    let operation = `${request.method} ${request.path === '/' ? 'bucket' : 'object'}`
    const key = decodeURIComponent(request.path.slice(1))
    const note = (status: number, parameters: Json, error?: AlibabaError): void =>
      options.journal({
        ...{ at: new Date(options.now()).toISOString(), cloud: 'alibaba', region, operation, status },
        ...(error && { error: error.code, message: error.message }),
        parameters: { Bucket: bucket, ...(key !== '' && { Key: key }), ...parameters },
      })
    try {
      verifyOss(request, place, options.now())
      checkRegion(region)
      const found = ossOperation(request)
      operation = found.name
      authorizeOss(options.policy(), found.operation.action)
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
      const call = {
        ...{ world, ...place, key, query: request.query, body: request.body },
        header: (name: string) => headers.find(([each]) => each === name)?.[1],
        meta: Object.fromEntries(headers.filter(([name]) => name.startsWith('x-oss-meta-'))),
      }
      const words = await faulty(found.name, region, found.operation.reads === true, () =>
        found.operation.run({ ...call, now: options.now() }),
      )
      note(words.status ?? 200, words.bytesIn === undefined ? {} : { Bytes: words.bytesIn })
      return ossAnswer(words, requestId)
    } catch (error) {
      const refusal = isAlibabaError(error)
        ? error
        : alibabaError('InternalError', `The rehearsal failed: ${messageOf(error)}`)
      if (error !== refusal) options.tell(`${operation}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      note(refusal.status, {}, refusal)
      return refusal.code === 'Disconnect' ? undefined : ossRefusal(request, refusal, requestId)
    }
  }

  return async (request) => {
    const bucket = bucketHost(request.host)
    if (bucket !== undefined) return oss(request, bucket)
    const parameters = parametersOf(request)
    const header = (name: string): string | undefined => {
      const value = request.headers[name]
      return typeof value === 'string' ? value : undefined
    }
    const host = alibabaHost(request.host)
    const acs3 = header('x-acs-action') !== undefined
    const operation = header('x-acs-action') ?? parameters.get('Action') ?? ''
    const version = header('x-acs-version') ?? parameters.get('Version')
    // Signed by headers it is always JSON; signed by parameters XML, unless it is asked for otherwise.
    const format = acs3 || parameters.get('Format')?.toUpperCase() === 'JSON' ? 'JSON' : 'XML'
    const region = parameters.get('RegionId') ?? host?.region ?? 'cn-hangzhou'
    const requestId = randomUUID().toUpperCase()

    function answer(status: number, root: string, body: Json, error?: AlibabaError): Answer | undefined {
      options.journal({
        ...{ at: new Date(options.now()).toISOString(), cloud: 'alibaba', region, operation, status },
        ...(error && { error: error.code, message: error.message }),
        parameters: told(parameters),
      })
      if (error?.code === 'Disconnect') return undefined
      const { type, text } = written(format, root, body)
      return { status, headers: { 'content-type': type }, body: text }
    }

    try {
      const service = host?.service ?? 'ecs'
      const { id } = verifier.verify(request, parameters, options.now())
      if (version !== versions[service])
        throw alibabaError('InvalidVersion', `Specified parameter Version ${version} is not valid.`)
      if (service === 'ecs' && host?.region !== undefined && host.region !== region)
        throw alibabaError('InvalidRegionId.NotFound', `The RegionId ${region} is not served by ${request.host}.`)
      const named = `${operation}Response`
      if (service === 'location' && operation === 'DescribeEndpoints')
        return answer(200, named, { ...endpoints(parameters), RequestId: requestId })
      if (service === 'sts' && operation === 'GetCallerIdentity')
        return answer(200, named, { ...callerIdentity(id), RequestId: requestId })
      if (service === 'location' || service === 'sts') throw notImplemented(`the operation ${operation} of ${service}`)
      return answer(200, named, { ...(await carryOut(service, operation, region, parameters)), RequestId: requestId })
    } catch (error) {
      const refusal = isAlibabaError(error)
        ? error
        : alibabaError('InternalError', `The rehearsal failed: ${messageOf(error)}`)
      if (error !== refusal) options.tell(`${operation}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      const { code, message, status } = refusal
      const Recommend = `https://api.aliyun.com/troubleshoot?q=${code}`
      return answer(
        status,
        'Error',
        { RequestId: requestId, HostId: request.host, Code: code, Message: message, Recommend },
        refusal,
      )
    }
  }
}
