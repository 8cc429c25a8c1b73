import { messageOf, SindriError } from '../../core/error.ts'

/** What Oracle Cloud answered instead of doing it. https://docs.oracle.com/iaas/Content/API/References/apierrors.htm (2026-11) */
export interface Refusal {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What was asked, of what, and with which credentials. */
export interface Asked {
  /** Oracle's name of the call, for example `LaunchInstance`. */
  readonly operation: string
  readonly what: string
  /** Where the credentials come from. */
  readonly credentials: string
  /** True where "not there or not allowed" can only mean the latter. */
  readonly exists: boolean
}

const busyStatuses = new Set([408, 429, 500, 502, 503, 504])
const quota = /^(LimitExceeded|QuotaExceeded)$/
const statements = "'sindri vm permissions --cloud oci' prints the policy statements that are needed"

/** The same failure in our words, and what to do. */
export function ociError({ status, code, message }: Refusal, asked: Asked): SindriError {
  const where = `${asked.operation} on ${asked.what}`
  const said = `${message}${code === '' ? '' : ` (${code})`}`
  if (status === 401) return credentialsError(asked.credentials, said)
  if (status === 403)
    return new SindriError('denied', `Oracle Cloud does not allow ${where}: ${said}`, { hint: statements })
  if (status === 404 && asked.exists) {
    return new SindriError(
      'denied',
      `Oracle Cloud does not allow ${where}, or something it names is not there: ${said}`,
      {
        hint: `${statements}; check the OCIDs and the region`,
      },
    )
  }
  if (status === 404) return new SindriError('not-found', `${where}: ${said}`, { hint: statements })
  if (quota.test(code)) {
    return new SindriError('failed', `a limit of the tenancy forbids ${where}: ${said}`, {
      hint: 'remove what is not needed, or ask Oracle for a higher service limit',
    })
  }
  if (/out of host capacity/i.test(message)) {
    return new SindriError('failed', `there is no room for ${asked.what}: ${said}`, {
      hint: 'choose another availability domain or shape, or try later',
    })
  }
  if (busyStatuses.has(status) || code === 'IncorrectState' || (status === 0 && code !== 'ENOTFOUND'))
    return new SindriError('timeout', `${where} is not done yet: ${said}`)
  if (status === 409 || status === 412) return new SindriError('conflict', `${where}: ${said}`)
  const hint = status === 0 ? { hint: 'check the region and the network' } : {}
  return new SindriError('failed', `${where} failed: ${said}`, hint)
}

/** Credentials that are not there or not accepted; `source` says which. */
export function credentialsError(source: string, why: string, cause?: unknown): SindriError {
  return new SindriError('credentials', `Oracle Cloud credentials from ${source} were not accepted: ${why}`, {
    hint: "run 'oci setup config', or set OCI_CLI_USER, OCI_CLI_TENANCY, OCI_CLI_FINGERPRINT and OCI_CLI_KEY_FILE",
    cause,
  })
}

/** A request that got no answer. */
export function unanswered(error: unknown): Refusal {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return { status: 0, code, message: cause instanceof Error ? messageOf(cause) : messageOf(error) }
}
