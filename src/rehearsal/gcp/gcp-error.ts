/** An error as Google words it: becomes the answer to the request, never an exception of ours. */
export interface GcpError extends Error {
  readonly status: number
  readonly reason: string
}

/** Statuses by reason. https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-common-api-errors (2026-11) */
const statuses: Readonly<Record<string, number>> = {
  aborted: 409,
  alreadyExists: 409,
  authError: 401,
  backendError: 503,
  conditionNotMet: 412,
  conflict: 409,
  forbidden: 403,
  internalError: 500,
  notFound: 404,
  notImplemented: 501,
  quotaExceeded: 403,
  rateLimitExceeded: 403,
  requestedRangeNotSatisfiable: 416,
}

/** An error answer with Google's reason and wording; the HTTP status follows from the reason, and is 400 for most. */
export function gcpError(reason: string, message: string): GcpError {
  return Object.assign(new Error(message), { reason, status: statuses[reason] ?? 400 })
}

/** True for what `gcpError` made. */
export function isGcpError(error: unknown): error is GcpError {
  return error instanceof Error && 'reason' in error && 'status' in error
}

/** The stand-in's own refusal: Google has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): GcpError {
  return gcpError('notImplemented', `The rehearsal's stand-in of Google Cloud does not implement ${what}.`)
}

/** Google's answer about a thing that is not there. */
export function notFound(path: string): GcpError {
  return gcpError('notFound', `The resource '${path}' was not found`)
}

/** The body of an error answer. https://cloud.google.com/apis/design/errors */
export function errorBody({ status, reason, message }: GcpError): string {
  return JSON.stringify({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } })
}
