import { brokenConnections } from '../../core/broken-connections.ts'
import { messageOf, SindriError } from '../../core/error.ts'

/** What Azure answered instead of doing it. https://learn.microsoft.com/rest/api/azure (error responses, 2026-11) */
export interface Refusal {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string
  readonly message: string
}

const busy = new Set([
  'AnotherOperationInProgress',
  'CanceledAndSupersededDueToAnotherOperation',
  'OperationPreempted',
  'RetryableError',
  'RetryableErrorDueToAnotherOperation',
  'SubscriptionRequestsThrottled',
  'TooManyRequests',
])
const busyStatuses = new Set([408, 429, 500, 502, 503, 504])
const notOffered =
  /^(SkuNotAvailable|QuotaExceeded|ZonalAllocationFailed|AllocationFailed|OverconstrainedAllocation.*)$/

/** Whether the same request may do better in a moment. */
export function isBusy({ status, code }: Refusal): boolean {
  return busy.has(code) || busyStatuses.has(status)
}

/** A refusal in our words: which action, of what, and what to do. `credentials` says where those that were used come from. */
export function azureError(refusal: Refusal, action: string, what: string, credentials: string): SindriError {
  const { status, code, message } = refusal
  const where = `${action} on ${what}`
  if (isBusy(refusal)) return new SindriError('timeout', `${where} is not done yet: ${message}`)
  if (status === 401) return credentialsError(message, credentials)
  if (notOffered.test(code) || (code === 'OperationNotAllowed' && /quota/i.test(message))) {
    return new SindriError('failed', `Azure has no room for ${where}: ${message} (${code})`, {
      hint: "choose another size or location; 'az vm list-usage' shows the quotas",
    })
  }
  if (status === 403 && code !== 'RequestDisallowedByPolicy') {
    // Azure names the action that is lacking, which may be another than that of the call.
    const lacking = /perform action '([^']+)'/.exec(message)?.[1] ?? action
    return new SindriError('denied', `Azure does not allow ${where}: ${message}`, {
      hint: `grant ${lacking} to the principal; 'sindri vm permissions --cloud azure' prints a role with all that is needed`,
    })
  }
  if (status === 404) return new SindriError('not-found', `${where}: ${message}`)
  if (status === 409) return new SindriError('conflict', `${where}: ${message}`)
  return new SindriError('failed', `${where} failed: ${message}${code === '' ? '' : ` (${code})`}`)
}

/** A request that got no answer at all. */
export function connectionError(error: unknown, action: string, what: string): SindriError {
  if (error instanceof SindriError) return error
  const where = `${action} on ${what}`
  if (error instanceof Error && (brokenConnections.has(codeOf(error)) || error.name === 'TimeoutError'))
    return new SindriError('timeout', `${where} is not done yet: ${messageOf(error)}`, { cause: error })
  return new SindriError('failed', `cannot reach Azure for ${where}: ${messageOf(error)}`, {
    hint: 'check the network',
    cause: error,
  })
}

/** Credentials that were not accepted, or that there are none. */
export function credentialsError(problem: unknown, credentials: string): SindriError {
  if (problem instanceof SindriError) return problem
  // What the library says may go on for a page, with a link to its manual.
  const message = messageOf(problem).split('\n')[0]?.slice(0, 500)
  return new SindriError('credentials', `Azure credentials from ${credentials} were not accepted: ${message}`, {
    hint: "run 'az login', or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET of a service principal",
    cause: problem,
  })
}

/** Reads `{ error: { code, message } }`, which some services answer without `error` around it. */
export function refusalOf(status: number, body: unknown): Refusal {
  const told = member(body, 'error') ?? body
  const [detail] = list(member(told, 'details'))
  const said = [member(told, 'message'), member(detail, 'message')].filter((one) => typeof one === 'string')
  return {
    status,
    code: String(member(told, 'code') ?? ''),
    message: said.length === 0 ? `HTTP status ${status}` : said.join(' '),
  }
}

function codeOf(error: Error): string {
  const code = member(error, 'code') ?? member(error.cause, 'code')
  return typeof code === 'string' ? code : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
