import { messageOf } from '../../core/error.ts'
import { takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import { objectIn } from '../kit/json.ts'
import { routeOf } from '../kit/routes.ts'
import type { StandInOptions as KitOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import type { Accounts } from './account.ts'
import type { Call, Output } from './call.ts'
import { identity } from './identity.ts'
import { dataOperations } from './image-data.ts'
import { imageOperations } from './images.ts'
import { memberOperations } from './members.ts'
import {
  faultOf,
  identityBody,
  imageBody,
  isOpenStackError,
  notImplemented,
  type OpenStackError,
  openStackError,
} from './openstack-error.ts'
import { identityHost, imagesUrl, placeOf } from './places.ts'
import type { OpenStackRecords } from './records.ts'

interface StandInOptions extends KitOptions<OpenStackRecords, never> {
  readonly accounts: Accounts
}

const operations = { ...imageOperations, ...dataOperations, ...memberOperations }

/** https://docs.openstack.org/api-ref/image/v2/versions/ (2026-11) */
function versionsOf(region: string): object {
  const links = [{ rel: 'self', href: `${imagesUrl(region)}/v2/` }]
  return {
    versions: ['v2.15', 'v2.9', 'v2.0'].map((id, at) => ({ id, status: at === 0 ? 'CURRENT' : 'SUPPORTED', links })),
  }
}

function jsonIn(request: Request): unknown {
  if (request.body.length === 0) return {}
  try {
    return JSON.parse(request.body.toString('utf8'))
  } catch {
    throw openStackError(400, 'Malformed JSON in request body.')
  }
}

const none = (async function* (): AsyncGenerator<Buffer> {})()

/** Answers requests to Keystone and to the Glance of each region. */
export function openstackStandIn(options: StandInOptions): (request: Request) => Promise<Answer | undefined> {
  const { world, accounts, now } = options
  const turns = openTurns()

  function fault(when: 'before' | 'after', operation: string, region: string): void {
    const code = takeFault(options.faults(), when, operation, region)
    if (code !== undefined) throw faultOf(code, operation)
  }

  async function carryOut(
    name: string,
    request: Request,
    region: string,
    at: Call['at'],
    body: unknown,
  ): Promise<Output> {
    const caller = accounts.whose(tokenOf(request), now())
    const length = request.headers['content-length']
    fault('before', name, region)
    const output = await operations[name]?.run({
      ...{ at, query: request.query, body, region, world, caller, now },
      stream: request.stream ?? none,
      length: length === undefined ? undefined : Number(length),
      inTurn: (change) =>
        turns(async () => {
          try {
            return await change()
          } finally {
            world.save()
          }
        }),
    })
    fault('after', name, region)
    return output ?? { status: 204 }
  }

  return async (request) => {
    const place = request.host === identityHost ? undefined : placeOf(request.path)
    const region = place?.region
    let operation = `${request.method} ${request.host}${request.path}`
    let told: unknown = {}

    function answer(
      status: number,
      body: string | Buffer,
      type: string,
      headers: object,
      error?: OpenStackError,
    ): Answer | undefined {
      options.journal({
        ...{ at: new Date(now()).toISOString(), cloud: 'openstack', region: region ?? '', operation, status },
        ...(error && { error: error.code, message: error.message }),
        parameters: told,
      })
      if (error?.code === 'Disconnect') return undefined
      // A body that was not read to its end would be taken for the next request.
      const rest: Readonly<Record<string, string>> =
        error !== undefined && request.stream !== undefined ? { connection: 'close' } : {}
      return { status, headers: { 'content-type': type, ...rest, ...headers }, body }
    }

    try {
      if (request.host === identityHost) {
        const body = objectIn(jsonIn(request))
        const asked = { method: request.method, path: request.path, body, token: tokenOf(request) }
        const { operation: name, status, json, token } = identity(accounts, asked, now())
        operation = name
        fault('before', name, '')
        return answer(status, JSON.stringify(json), 'application/json', {
          vary: 'X-Auth-Token',
          ...(token && { 'x-subject-token': token }),
        })
      }
      if (place === undefined || region === undefined) throw openStackError(404, 'There is no such region.')
      const { path } = place
      if (request.method === 'GET' && (path === '' || path === 'versions')) {
        operation = 'GetVersions'
        return answer(path === '' ? 300 : 200, JSON.stringify(versionsOf(region)), 'application/json', {})
      }
      const route = routeOf(operations, request.method, path)
      if (route === undefined) throw notImplemented(`${request.method} ${request.path} of Glance`)
      operation = route.name
      const body = request.stream === undefined ? jsonIn(request) : {}
      told = {
        ...Object.fromEntries(request.query),
        ...route.at,
        ...(Array.isArray(body) ? { patch: body } : objectIn(body)),
      }
      const { status, json, bytes } = await carryOut(route.name, request, region, route.at, body)
      if (bytes !== undefined) return answer(status, bytes, 'application/octet-stream', {})
      return answer(status, json === undefined ? '' : JSON.stringify(json), 'application/json', {})
    } catch (error) {
      const refusal =
        isOpenStackError(error) && error.status >= 400 ? error : openStackError(500, 'The rehearsal failed.')
      if (error !== refusal) options.tell(`${operation}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      if (region === undefined)
        return answer(refusal.status, JSON.stringify(identityBody(refusal)), 'application/json', {}, refusal)
      return answer(refusal.status, imageBody(refusal), 'text/html; charset=UTF-8', {}, refusal)
    }
  }
}

function tokenOf({ headers }: Request): string | undefined {
  const token = headers['x-auth-token']
  return typeof token === 'string' ? token : undefined
}
