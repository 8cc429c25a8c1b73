import { messageOf } from '../../core/error.ts'
import { type Fault, takeFault } from '../kit/faults.ts'
import type { Answer, Request } from '../kit/front.ts'
import { type Json, objectIn, textsIn } from '../kit/json.ts'
import { type Route, routeOf } from '../kit/routes.ts'
import type { StandInOptions as KitOptions } from '../kit/stand-in.ts'
import { openTurns } from '../kit/turns.ts'
import type { Operation, Operations } from './call.ts'
import { diskOperations } from './disks.ts'
import { errorBody, type GcpError, gcpError, isGcpError, notImplemented } from './gcp-error.ts'
import { imagePolicyOperations } from './image-policy.ts'
import { imageOperations } from './images.ts'
import { checkSupported } from './input.ts'
import { instanceOperations } from './instances.ts'
import { placeOperations } from './machine-types.ts'
import { networkOperations } from './network.ts'
import { operationOperations } from './operations.ts'
import { effectivePolicy, setOrganizationPolicy } from './organization.ts'
import { projectOperations } from './projects.ts'
import type { GcpRecords } from './records.ts'
import { authorize, type Role } from './role.ts'
import type { ServiceAccount } from './service-account.ts'
import { storageOperations } from './storage.ts'
import { download, isDownload, isWhole, toldParameters, upload, uploadMethod } from './uploads.ts'

export interface StandInOptions extends KitOptions<GcpRecords, Role> {
  readonly account: ServiceAccount
}

const operations: Operations = {
  ...diskOperations,
  ...imageOperations,
  ...imagePolicyOperations,
  ...instanceOperations,
  ...networkOperations,
  ...operationOperations,
  ...placeOperations,
  ...projectOperations,
}

const json: Answer['headers'] = { 'content-type': 'application/json; charset=UTF-8' }

/** Query parameters of every method. https://cloud.google.com/apis/docs/system-parameters */
const common = new Set(['alt', '$alt', 'prettyPrint', 'quotaUser', '$.xgafv'])
const verbs = /\/(deprecate|wait|serialPort|getIamPolicy|setIamPolicy)$/
/** Where Cloud Storage and Compute Engine answer, and with which methods. */
const services: readonly (readonly [RegExp, Operations])[] = [
  [/^\/compute\/v1\/(.+)$/, operations],
  [/^\/storage\/v1\/(.+)$/, storageOperations],
]

function bodyOf(request: Request): Json {
  const text = request.body.toString('utf8')
  if (text === '') return {}
  try {
    return objectIn(JSON.parse(text))
  } catch {
    throw gcpError('parseError', 'Parse Error')
  }
}

/** The journal shows no keys. */
function told(body: Json): Json {
  return { ...body, ...(body.metadata !== undefined && { metadata: '(left out)' }) }
}

/** Answers requests to Compute Engine, Cloud Storage, the token service and the Resource Manager. */
export function gcpStandIn(options: StandInOptions): (request: Request) => Promise<Answer | undefined> {
  const { world, account } = options
  const inTurn = openTurns()

  function fault(when: Fault['when'], method: string, zone: string): void {
    const code = takeFault(options.faults(), when, method, zone)
    if (code !== undefined) throw gcpError(code, `${code}, as the rehearsal was told to answer ${method}.`)
  }

  async function answered(route: Route<Operation>, request: Request, path: string, body: Json): Promise<Json> {
    const { name: method, operation, at } = route
    const unknown = [...request.query.keys()].find((name) => !common.has(name) && !operation.query?.includes(name))
    if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of ${method}`)
    checkSupported(method, body, operation.body ?? [])
    const own = path.replace(verbs, '')
    const { permissions } = operation
    authorize(options.policy(), typeof permissions === 'function' ? permissions(body) : permissions, own)
    const run = async (): Promise<Json> => {
      fault('before', method, at.zone ?? 'global')
      try {
        return await operation.run({ at, path: own, query: request.query, body, world, now: options.now() })
      } finally {
        if (request.method !== 'GET') world.save()
      }
    }
    const output = request.method === 'GET' || path.endsWith('/wait') ? await run() : await inTurn(run)
    fault('after', method, at.zone ?? 'global')
    return output
  }

  async function uploaded(method: string, request: Request, body: Json): Promise<Answer> {
    // To write over an object takes the permission to delete it.
    const over = request.query.get('ifGenerationMatch') ?? '0'
    const permissions = ['storage.objects.create', ...(over === '0' ? [] : ['storage.objects.delete'])]
    authorize(options.policy(), permissions, request.path)
    const answer = await inTurn(async () => {
      fault('before', method, 'global')
      try {
        return await upload(request, { world, body, query: request.query, now: options.now() })
      } finally {
        world.save()
      }
    })
    fault('after', method, 'global')
    return answer
  }

  /** https://cloud.google.com/resource-manager/reference/rest/v1/projects (2026-11) */
  function ofProject(project: string, verb: string, body: Json): Json {
    const role = options.policy()
    if (verb === 'testIamPermissions')
      return { permissions: textsIn(body.permissions).filter((one) => role === undefined || role.has(one)) }
    if (verb === 'getEffectiveOrgPolicy') {
      authorize(role, ['orgpolicy.policy.get'], `projects/${project}`)
      return effectivePolicy(world.records, project, body)
    }
    if (verb !== 'setOrgPolicy') throw notImplemented(`cloudresourcemanager.projects.${verb}`)
    authorize(role, ['orgpolicy.policy.set'], `projects/${project}`)
    const policy = setOrganizationPolicy(world.records, project, body)
    world.save()
    return policy
  }

  function whose(request: Request): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) throw gcpError('authError', 'Request is missing required authentication credential.')
    const { scope } = account.whose(token, options.now())
    if (!/\/auth\/(cloud-platform|compute)\b/.test(scope))
      throw gcpError('forbidden', 'Request had insufficient authentication scopes.')
  }

  return async (request) => {
    let method = `${request.method} ${request.host}${request.path}`
    let region = 'global'
    let body: Json = {}

    function answer(status: number, output: Answer['body'], error?: GcpError, headers = json): Answer | undefined {
      const at = new Date(options.now()).toISOString()
      const why = error && { error: error.reason, message: error.message }
      options.journal({
        at,
        cloud: 'gcp',
        region,
        operation: method,
        status,
        ...why,
        parameters: { ...toldParameters(request.query), ...told(body) },
      })
      if (error?.reason === 'Disconnect') return undefined
      return { status, headers: { ...headers, date: new Date(at).toUTCString() }, body: output }
    }

    try {
      if (request.host.startsWith('oauth2.')) {
        const form = new URLSearchParams(request.body.toString('utf8'))
        if (request.path === '/token' && request.method === 'POST') {
          method = 'oauth2.token'
          return answer(200, JSON.stringify(account.token(form, options.now())))
        }
        if (request.path === '/tokeninfo') {
          method = 'oauth2.tokeninfo'
          const { email, scope, expiresAt } = account.whose(form.get('access_token') ?? '', options.now())
          return answer(200, JSON.stringify({ email, scope, exp: String(Math.floor(expiresAt / 1000)) }))
        }
        throw notImplemented(method)
      }
      whose(request)
      const uploading = uploadMethod(request)
      if (uploading !== undefined) {
        method = uploading
        if (request.method === 'POST' && !isWhole(request)) body = bodyOf(request)
        const { status, headers, body: output } = await uploaded(method, request, body)
        return answer(status, output, undefined, headers)
      }
      if (isDownload(request)) {
        method = 'storage.objects.get'
        authorize(options.policy(), [method], request.path)
        fault('before', method, 'global')
        const { status, headers, body: output } = await download(request, { world })
        fault('after', method, 'global')
        return answer(status, output, undefined, headers)
      }
      body = bodyOf(request)
      const [, project = '', verb = ''] = /^\/v1\/projects\/([^/:]+):(\w+)$/.exec(request.path) ?? []
      if (request.host.startsWith('cloudresourcemanager.') && verb !== '') {
        method = `cloudresourcemanager.projects.${verb}`
        return answer(200, JSON.stringify(ofProject(project, verb, body)))
      }
      const [found] = services.flatMap(([root, its]) => {
        const path = root.exec(request.path)?.[1]
        const route = path === undefined ? undefined : routeOf(its, request.method, path)
        return path === undefined || route === undefined ? [] : [{ path, route }]
      })
      if (found === undefined) throw notImplemented(method)
      const { path, route } = found
      method = route.name
      region = route.at.zone ?? 'global'
      return answer(200, JSON.stringify(await answered(route, request, path, body)))
    } catch (error) {
      const refusal = isGcpError(error)
        ? error
        : gcpError('failedPrecondition', `The rehearsal failed: ${messageOf(error)}`)
      if (error !== refusal) options.tell(`${method}: ${error instanceof Error ? error.stack : messageOf(error)}`)
      const oauth: unknown = Reflect.get(refusal, 'oauth')
      const text =
        typeof oauth === 'string'
          ? JSON.stringify({ error: oauth, error_description: refusal.message })
          : errorBody(refusal)
      return answer(refusal.status, text, refusal)
    }
  }
}
