import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../../core/error.ts'
import { takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import { type Json, objectIn } from '../kit/json.ts'
import { type Route, routeOf } from '../kit/routes.ts'
import type { StandInOptions as KitOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import { azureError, errorBody, faultError, isAzureError, notImplemented } from './azure-error.ts'
import { openBlobService } from './blob-service.ts'
import type { Call, Operation, Operations, Reply } from './call.ts'
import { deploymentOperations } from './deployments.ts'
import { diskOperations } from './disks.ts'
import { galleryOperations } from './galleries.ts'
import { galleryVersionOperations } from './gallery-versions.ts'
import { groupOperations } from './groups.ts'
import { imageOperations } from './images.ts'
import { loginAnswer } from './login.ts'
import { networkOperations } from './network.ts'
import { operationOperations } from './operations.ts'
import { account, accountOfHost } from './places.ts'
import { isTokenRefusal, type Principal } from './principal.ts'
import { providerOperations } from './providers.ts'
import type { AzureRecords } from './records.ts'
import { authorize, type Role } from './role.ts'
import { roleAssignmentOperations } from './role-assignments.ts'
import { storageAccountOperations } from './storage-accounts.ts'
import { virtualMachineOperations } from './virtual-machines.ts'

export interface StandInOptions extends KitOptions<AzureRecords, Role> {
  readonly principal: Principal
}

const operations: Operations = {
  ...deploymentOperations,
  ...diskOperations,
  ...galleryOperations,
  ...galleryVersionOperations,
  ...groupOperations,
  ...imageOperations,
  ...networkOperations,
  ...operationOperations,
  ...providerOperations,
  ...roleAssignmentOperations,
  ...storageAccountOperations,
  ...virtualMachineOperations,
}

/** How long a removal is held back for what still uses the thing. */
const patienceMs = 3_000

const verbs = /\/(deallocate|powerOff|generalize|instanceView|validate|share|register|unregister)$/i

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function bodyOf(request: Request): Json {
  const text = request.body.toString('utf8')
  if (text === '') return {}
  try {
    return objectIn(JSON.parse(text))
  } catch {
    throw azureError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.')
  }
}

/** The journal shows no passwords: neither in a template's parameters nor in a machine's profile. */
function told(body: Json): Json {
  const properties = objectIn(body.properties)
  const { parameters, template, osProfile, ...rest } = properties
  const said = {
    ...(parameters !== undefined && { parameters: '(left out)' }),
    ...(osProfile !== undefined && { osProfile: '(left out)' }),
  }
  return {
    ...body,
    ...(body.properties !== undefined && {
      properties: { ...rest, ...said, ...(template !== undefined && { template }) },
    }),
  }
}

/** Azure tells whose subscription it is to those who have not logged in yet. */
const challenge = `Bearer authorization_uri="https://login.windows.net/${account.tenant}", error="invalid_token", error_description="The authentication failed because of missing 'Authorization' header."`

/** Answers requests to Azure Resource Manager and to the login. */
export function azureStandIn(options: StandInOptions): (request: Request) => Promise<Answer | undefined> {
  const { world, principal } = options
  const inTurn = openTurns()
  const blobs = openBlobService(options, inTurn)

  async function resourceManager(route: Route<Operation>, request: Request, body: Json): Promise<Reply> {
    const { name, operation, at } = route
    const unknown = [...request.query.keys()].find((key) => key !== 'api-version' && !operation.query?.includes(key))
    if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of ${name}`)
    // Azure answers with this spelling whatever it was asked with.
    const id = request.path
      .replace(verbs, '')
      .replace(/^(\/subscriptions\/[^/]+)\/resourcegroups/i, '$1/resourceGroups')
    const check = (own: string, ...actions: readonly string[]): void => {
      authorize(options.policy(), actions, id)
      const code = takeFault(options.faults(), 'before', own, at.group ?? 'global')
      if (code !== undefined) throw faultError(code, own)
    }
    const role = options.policy()
    const { method, query } = request
    const fault = (own: string, place: string) => takeFault(options.faults(), 'before', own, place)
    const call = (): Call => ({ at, id, method, query, body, world, now: options.now(), role, fault, check })
    const run = async (): Promise<Reply> => {
      check(name, ...operation.actions)
      try {
        return await operation.run(call())
      } finally {
        if (method !== 'GET' && method !== 'HEAD') world.save()
      }
    }
    // Packer removes all that it made at once, and looks again only after ten seconds.
    for (let waited = 0; waited < patienceMs && operation.tooEarly?.(call()); waited += 100) await delay(100)
    const reply = request.method === 'GET' || request.method === 'HEAD' ? await run() : await inTurn(run)
    const code = takeFault(options.faults(), 'after', name, at.group ?? 'global')
    if (code !== undefined) throw faultError(code, name)
    return reply
  }

  function checkVersion(query: URLSearchParams): void {
    const version = query.get('api-version')
    if (version === null)
      throw azureError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      )
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(version))
      throw azureError(400, 'InvalidApiVersionParameter', `The api-version '${version}' is invalid.`)
  }

  return async (request) => {
    if (accountOfHost(request.host) !== undefined) return blobs(request)
    let operation = `${request.method} ${request.host}${request.path}`
    let region = 'global'
    let body: Json = {}

    function answer(
      reply: { status: number; text?: string; headers?: Reply['headers'] },
      error?: { code: string; message: string },
    ): Answer | undefined {
      const at = new Date(options.now()).toISOString()
      const why = error && { error: error.code, message: error.message }
      const parameters = { ...Object.fromEntries(request.query), ...told(body) }
      options.journal({ at, cloud: 'azure', region, operation, status: reply.status, ...why, parameters })
      if (error?.code === 'Disconnect') return undefined
      const headers = { 'content-type': 'application/json; charset=utf-8', ...reply.headers }
      return { status: reply.status, headers, body: reply.text ?? '' }
    }

    try {
      if (request.host.startsWith('login.')) {
        const login = loginAnswer(request, principal, options.now())
        operation = login.method
        return answer({ status: 200, text: JSON.stringify(login.answer()) })
      }
      const route = routeOf(operations, request.method, request.path.slice(1).replace(/\/$/, ''), sameWord)
      if (route !== undefined) operation = route.name
      region = route?.at.group ?? 'global'
      checkVersion(request.query)
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) {
        const refused = {
          code: 'AuthenticationFailed',
          message: "Authentication failed. The 'Authorization' header is missing.",
        }
        return answer({ status: 401, text: errorBody(refused), headers: { 'www-authenticate': challenge } }, refused)
      }
      principal.check(token, options.now())
      body = bodyOf(request)
      if (route === undefined) throw notImplemented(operation)
      const { status, headers, body: output } = await resourceManager(route, request, body)
      return answer({ status, ...(headers && { headers }), ...(output && { text: JSON.stringify(output) }) })
    } catch (error) {
      if (isTokenRefusal(error)) {
        const text = JSON.stringify({
          error: error.oauth,
          error_description: error.message,
          error_codes: [Number(/\d+/.exec(error.message)?.[0])],
        })
        return answer({ status: error.status, text }, { code: error.oauth, message: error.message })
      }
      const refusal = isAzureError(error)
        ? error
        : azureError(500, 'InternalServerError', `The rehearsal failed: ${messageOf(error)}`)
      if (error !== refusal) options.tell(`${operation}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      const busy = refusal.status === 429 || refusal.status === 503
      const text = request.method === 'HEAD' ? '' : errorBody(refusal)
      return answer({ status: refusal.status, text, ...(busy && { headers: { 'retry-after': '0' } }) }, refusal)
    }
  }
}
