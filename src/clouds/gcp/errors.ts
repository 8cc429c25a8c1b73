import { brokenConnections } from '../../core/broken-connections.ts'
import { messageOf, SindriError } from '../../core/error.ts'

/** What Google answered instead of doing it. */
interface Refusal {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-common-api-errors (read 2026-11) */
  readonly reason: string
  readonly message: string
}

const busy = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'resourceNotReady',
  'resourceInUseByAnotherResource',
  'backendError',
  'internalError',
])
const busyStatuses = new Set([408, 429, 500, 502, 503, 504])

/**
 * The same failure in our words: which permission, of what, and what to do. `credentials` says where those that were
 * used come from.
 */
export function gcpError(error: unknown, permission: string, what: string, credentials: string): SindriError {
  if (error instanceof SindriError) return error
  const { status, reason, message } = refusalOf(error)
  const where = `${permission} on ${what}`
  if (reason === 'accessNotConfigured' || reason === 'SERVICE_DISABLED') {
    return new SindriError('denied', `an API is not enabled for ${where}: ${message}`, {
      hint: 'gcloud services enable compute.googleapis.com',
      cause: error,
    })
  }
  if (busy.has(reason) || busyStatuses.has(status) || brokenConnections.has(codeOf(error)))
    return new SindriError('timeout', `${where} is not done yet: ${message}`, { cause: error })
  if (status === 403) {
    // Google names the permission that is lacking, which may be another than that of the call.
    const lacking = /'([a-z][\w.]+\.[a-zA-Z]+)' permission/.exec(message)?.[1] ?? permission
    return new SindriError('denied', `Google Cloud does not allow ${where}: ${message}`, {
      hint: `grant ${lacking} to the account; 'sindri vm permissions --cloud gcp' prints a role with all that is needed`,
      cause: error,
    })
  }
  if (status === 401 || isCredentialProblem(reason, message)) {
    return new SindriError(
      'credentials',
      `Google Cloud credentials from ${credentials} were not accepted: ${message}`,
      {
        hint: "run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS to the key of a service account",
        cause: error,
      },
    )
  }
  if (codeOf(error) === 'ENOTFOUND') {
    return new SindriError('failed', `cannot reach Google Cloud for ${where}: ${message}`, {
      hint: 'check the network',
      cause: error,
    })
  }
  if (status === 404 || status === 410) return new SindriError('not-found', `${where}: ${message}`, { cause: error })
  if (status === 409 || status === 412) return new SindriError('conflict', `${where}: ${message}`, { cause: error })
  return new SindriError('failed', `${where} failed: ${message}${reason === '' ? '' : ` (${reason})`}`, {
    cause: error,
  })
}

/** What the library for credentials says when it has none, or Google's token service does not take them (RFC 6749). */
function isCredentialProblem(reason: string, message: string): boolean {
  return (
    /^(invalid_grant|invalid_client|invalid_token|unauthorized_client|invalid_rapt)$/.test(reason) ||
    /default credentials|credential file|private_key|does not exist, or it is not a file|Unexpected token|JSON/i.test(
      message,
    )
  )
}

/** Reads the error answers of Google's APIs (`{ error: { errors: [{ reason }] } }`) and of its token service (`{ error, error_description }`). */
function refusalOf(error: unknown): Refusal {
  const response = member(error, 'response')
  const body = member(response, 'data')
  const status = Number(member(response, 'status') ?? 0)
  const told = member(body, 'error')
  if (typeof told === 'string') {
    return { status: 0, reason: told, message: String(member(body, 'error_description') ?? told) }
  }
  const reason =
    member(list(member(told, 'errors'))[0], 'reason') ??
    list(member(told, 'details'))
      .map((detail) => member(detail, 'reason'))
      .find((found) => found !== undefined)
  const message = member(told, 'message') ?? messageOf(error)
  return { status, reason: String(reason ?? ''), message: String(message) }
}

function codeOf(error: unknown): string {
  const code = member(error, 'code') ?? member(member(error, 'cause'), 'code')
  return typeof code === 'string' ? code : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
