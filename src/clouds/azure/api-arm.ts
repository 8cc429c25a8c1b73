import { setTimeout as pause } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import { itemsOf, type Json, object, textOf } from './answers.ts'
import { tokens } from './api-token.ts'
import { azureError, connectionError, isBusy, refusalOf } from './errors.ts'
import { loginOf } from './login.ts'
import type { AzureHome } from './port.ts'
import { typeOf } from './resource-id.ts'

const endpoint = 'https://management.azure.com'

/** A request that stalls longer than this is given up. */
const requestTimeoutMs = 120_000
const attempts = 5

/** https://learn.microsoft.com/rest/api/azure (2026-11): versions that Azure has now, by provider and, before that, by type. */
const versions: Readonly<Record<string, string>> = {
  'Microsoft.Authorization': '2022-04-01',
  'Microsoft.Compute': '2024-07-01',
  'Microsoft.Compute/galleries': '2024-03-03',
  'Microsoft.Compute/disks': '2024-03-02',
  'Microsoft.Network': '2024-05-01',
  'Microsoft.Storage': '2023-05-01',
  resources: '2024-11-01',
}

/** What Azure Resource Manager answered, without a refusal. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** One request. */
export interface Wanted {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'POST'
  /** Path below the endpoint, or a whole URL with its version that an earlier answer gave. */
  readonly at: string
  readonly body?: object
  /** What is asked for, in the words of role definitions. */
  readonly action: string
}

/** The way to Azure Resource Manager: who asks, and how it is asked. */
export interface Arm {
  /** Where the credentials come from, in words. */
  readonly source: string
  /** An access token for Resource Manager, or for another scope. */
  token(scope?: string): Promise<string>
  /** Sends what has the same effect twice, again when Azure is busy. @throws SindriError that names the action */
  send(wanted: Wanted): Promise<Answer>
  read(at: string, action: string): Promise<Json>
  /** All pages of a list. */
  all(at: string, action: string): Promise<readonly Json[]>
  /**
   * Begins something and waits until it is done.
   * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations (2026-11)
   */
  change(wanted: Wanted): Promise<void>
}

/** Opens the way; nothing is asked before it is needed. https://learn.microsoft.com/rest/api/resources (2026-11) */
export function openArm({ subscription, tenant, environment }: AzureHome): Arm {
  const chosen = loginOf(environment)
  const login = { ...chosen, tenant: tenant ?? chosen.tenant }
  const token = tokens(login, subscription, () => tenantOf(subscription))

  async function once({ method, at, body, action }: Wanted): Promise<Answer> {
    const authorization = `Bearer ${await token()}`
    try {
      const answer = await fetch(urlOf(at), {
        method,
        headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, body: text === '' ? {} : object(JSON.parse(text)) }
    } catch (error) {
      throw connectionError(error, action, at)
    }
  }

  async function send(wanted: Wanted): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === attempts
      const answer = await once(wanted).catch((error: unknown) => {
        if (last || !(error instanceof SindriError && error.code === 'timeout')) throw error
        return undefined
      })
      if (answer !== undefined && answer.status < 400) return answer
      const refusal = answer && refusalOf(answer.status, answer.body)
      if (refusal !== undefined && (last || !isBusy(refusal)))
        throw azureError(refusal, wanted.action, wanted.at, login.source)
      const pauseMs = 250 * 2 ** attempt
      await pause(answer === undefined ? pauseMs : waitOf(answer, pauseMs))
    }
  }

  async function read(at: string, action: string): Promise<Json> {
    return (await send({ method: 'GET', at, action })).body
  }

  async function all(at: string, action: string): Promise<readonly Json[]> {
    const found: Json[] = []
    for (let next: string | undefined = at; next !== undefined; ) {
      const page = await read(next, action)
      found.push(...itemsOf(page))
      next = textOf(page, 'nextLink') || undefined
    }
    return found
  }

  async function change(wanted: Wanted): Promise<void> {
    let answer = await send(wanted)
    const status = answer.headers.get('azure-asyncoperation')
    const place = answer.headers.get('location')
    if (status !== null) {
      for (;;) {
        await pause(waitOf(answer, 2_000))
        answer = await send({ method: 'GET', at: status, action: wanted.action })
        const state = textOf(answer.body, 'status') ?? ''
        if (state === 'Succeeded') return
        if (state === 'Failed' || state === 'Canceled')
          throw azureError(refusalOf(0, answer.body), wanted.action, wanted.at, login.source)
      }
    }
    while (place !== null && answer.status === 202) {
      await pause(waitOf(answer, 2_000))
      answer = await send({ method: 'GET', at: answer.headers.get('location') ?? place, action: wanted.action })
    }
  }

  return { source: login.source, token, send, read, all, change }
}

/** The URL with the version of the API that its provider has. */
function urlOf(at: string): URL {
  const url = new URL(at, endpoint)
  if (url.searchParams.has('api-version')) return url
  const type = typeOf(url.pathname)
  const [provider = '', first = ''] = type.split('/')
  const version = versions[`${provider}/${first}`] ?? versions[provider] ?? versions.resources
  url.searchParams.set('api-version', version ?? '')
  return url
}

/** How long Azure asks to be left alone, at most half a minute. */
function waitOf({ headers }: Answer, otherwiseMs: number): number {
  const asked = headers.get('retry-after')
  return asked === null || Number.isNaN(Number(asked)) ? otherwiseMs : Math.min(30, Number(asked)) * 1000
}

/** Whose subscription it is, which Azure tells to those who have not logged in yet. */
async function tenantOf(subscription: string): Promise<string> {
  const action = 'Microsoft.Resources/subscriptions/read'
  const at = `/subscriptions/${subscription}`
  const answer = await fetch(urlOf(at), { signal: AbortSignal.timeout(requestTimeoutMs) }).catch((error: unknown) => {
    throw connectionError(error, action, at)
  })
  const found = /authorization_uri="https:\/\/[^/"]+\/([^/"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1]
  if (found !== undefined) return found
  throw new SindriError('credentials', `Azure knows no tenant of the subscription ${subscription}`, {
    hint: 'check azure.subscription_id, or set AZURE_TENANT_ID',
  })
}
