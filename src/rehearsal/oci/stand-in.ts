import { createHash, randomBytes } from 'node:crypto'
import { messageOf } from '../../core/error.ts'
import { type Fault, takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import { type Json, objectIn, unsupportedIn } from '../kit/json.ts'
import { type Route, routeOf } from '../kit/routes.ts'
import type { StandInOptions as KitOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import { accessOperations } from './accesses.ts'
import type { ApiKey } from './api-key.ts'
import { bucketOperations } from './buckets.ts'
import type { Call, Operation, Operations, Output } from './call.ts'
import { capabilityOperations } from './capabilities.ts'
import { identityOperations } from './identity.ts'
import { imageShapeOperations } from './image-shapes.ts'
import { imageOperations } from './images.ts'
import { instanceOperations } from './instances.ts'
import { limitOperations } from './limits.ts'
import { networkOperations } from './network.ts'
import { objectOperations } from './objects.ts'
import { isOciError, notImplemented, type OciError, ociError } from './oci-error.ts'
import type { OciRecords } from './records.ts'
import { placeOfHost, type Region, regionNames } from './regions.ts'
import { securityGroupOperations } from './security-groups.ts'
import { checkSignature } from './signature.ts'
import { authorize, type Statements } from './statements.ts'
import { uploadOperations } from './uploads.ts'
import { volumeOperations } from './volumes.ts'
import { workRequestOperations } from './work-requests.ts'

export interface StandInOptions extends KitOptions<OciRecords, Statements> {
  readonly key: ApiKey
}

const services: Readonly<Record<string, Operations>> = {
  iaas: {
    ...capabilityOperations,
    ...imageOperations,
    ...imageShapeOperations,
    ...instanceOperations,
    ...networkOperations,
    ...securityGroupOperations,
    ...volumeOperations,
    ...workRequestOperations,
  },
  identity: identityOperations,
  limits: limitOperations,
  objectstorage: { ...bucketOperations, ...objectOperations, ...uploadOperations, ...accessOperations },
}

function bodyOf(request: Request): Json {
  const text = request.body.toString('utf8')
  if (text === '') return {}
  try {
    return objectIn(JSON.parse(text))
  } catch {
    throw ociError('CannotParseRequest', 'Incorrectly formatted request')
  }
}

/** The journal shows neither keys nor user data, and no URL that opens an object. */
function toldOf(body: Json): Json {
  const source = objectIn(body.imageSourceDetails)
  return {
    ...body,
    ...(body.metadata !== undefined && { metadata: '(left out)' }),
    ...(source.sourceUri !== undefined && { imageSourceDetails: { ...source, sourceUri: '(left out)' } }),
  }
}

/** https://docs.oracle.com/iaas/Content/API/Concepts/usingapi.htm (2026-11): the client's own id comes first. */
function requestId(asked: string | undefined): string {
  const own = [randomBytes(16), randomBytes(16)].map((bytes) => bytes.toString('hex').toUpperCase())
  return [asked ?? randomBytes(16).toString('hex').toUpperCase(), ...own].join('/')
}

/** Answers requests to the Core Services and to Identity. */
export function ociStandIn(options: StandInOptions): (request: Request) => Promise<Answer | undefined> {
  const { world, key } = options
  const inTurn = openTurns()

  function fault(when: Fault['when'], operation: string, region: Region): void {
    const code = takeFault(options.faults(), when, operation, region.name)
    if (code !== undefined) throw ociError(code, `${code}, as the rehearsal was told to answer ${operation}.`)
  }

  async function carryOut(route: Route<Operation>, request: Request, region: Region, body: Json): Promise<Output> {
    const { name, operation, at } = route
    const unknown = [...request.query.keys()].find((one) => !operation.query?.includes(one))
    if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of ${name}`)
    const lacking = unsupportedIn(body, operation.body ?? [])
    if (lacking !== undefined) throw notImplemented(`${lacking} in the body of ${name}`)
    const { 'opc-retry-token': token, 'if-match': wanted } = request.headers
    const run = async (): Promise<Output> => {
      fault('before', name, region)
      const call: Call = {
        ...{ at, body, region, world, query: request.query, now: options.now() },
        ...{ bytes: request.body, headers: request.headers },
        retryToken: typeof token === 'string' ? token : undefined,
        allow: (permissions, compartmentId) => authorize(options.policy(), permissions, compartmentId),
      }
      try {
        if (wanted !== undefined) await checkMatch(wanted, call, request)
        return await operation.run(call)
      } finally {
        if (!isRead(request)) world.save()
      }
    }
    const output = isRead(request) ? await run() : await inTurn(run)
    fault('after', name, region)
    return output
  }

  /** https://docs.oracle.com/iaas/Content/API/Concepts/usingapi.htm (ETags for optimistic concurrency, 2026-11) */
  async function checkMatch(wanted: string, call: Call, request: Request): Promise<void> {
    const now = routeOf(services.iaas ?? {}, 'GET', pathOf(request))
    const { json } = (await now?.operation.run(call)) ?? {}
    if (etagOf(json) !== wanted) throw ociError('NoEtagMatch', 'The If-Match header does not match the current ETag.')
  }

  return async (request) => {
    let operation = `${request.method} ${request.host}${request.path.replace(/^\/p\/[^/]+/, '/p/(left out)')}`
    let body: Json = {}
    const place = placeOfHost(request.host)

    function answer(
      status: number,
      output: string | Buffer,
      headers: Readonly<Record<string, string>>,
      error?: OciError,
    ): Answer | undefined {
      options.journal({
        at: new Date(options.now()).toISOString(),
        cloud: 'oci',
        region: place?.name ?? '',
        operation,
        status,
        ...(error && { error: error.code, message: error.message }),
        parameters: { ...Object.fromEntries(request.query), ...toldOf(body) },
      })
      if (error?.code === 'Disconnect') return undefined
      const asked = request.headers['opc-request-id']
      const common = { 'opc-request-id': requestId(typeof asked === 'string' ? asked : undefined) }
      return { status, headers: { ...common, 'content-type': 'application/json', ...headers }, body: output }
    }

    try {
      const route = routeOf(services[place?.service ?? ''] ?? {}, request.method, pathOf(request))
      const { open = false, raw = false } = { ...route?.operation }
      if (!open) checkSignature(request, key, options.now(), raw)
      body = raw ? {} : bodyOf(request)
      if (route === undefined) throw notImplemented(operation)
      operation = route.name
      if (place?.region === undefined)
        throw notImplemented(`the region ${place?.name}; it offers ${regionNames.join(', ')}`)
      const output = await carryOut(route, request, place.region, body)
      const { json, next, bytes } = output
      const headers = {
        ...(json !== undefined && !Array.isArray(json) && { etag: etagOf(json) }),
        ...(next !== undefined && { 'opc-next-page': next }),
        ...output.headers,
      }
      const status = output.status ?? (json === undefined && bytes === undefined ? 204 : 200)
      return answer(status, bytes ?? (json === undefined ? '' : JSON.stringify(json)), headers)
    } catch (error) {
      const refusal = isOciError(error) ? error : ociError('InternalError', `The rehearsal failed: ${messageOf(error)}`)
      if (error !== refusal) options.tell(`${operation}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      const said = { code: refusal.code, message: refusal.message }
      return answer(refusal.status, JSON.stringify(said), {}, refusal)
    }
  }
}

/** Below the version, which Object Storage has not; some clients write a slash at the end. */
function pathOf({ path }: Request): string {
  return path.replace(/^\/(20160918\/|20190729\/)?/, '').replace(/\/$/, '')
}

function isRead({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD'
}

function etagOf(json: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(json) ?? '')
    .digest('hex')
}
