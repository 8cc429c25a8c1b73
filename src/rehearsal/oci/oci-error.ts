/** An error as Oracle words it: becomes the answer to the request, never an exception of ours. */
export interface OciError extends Error {
  readonly status: number
  readonly code: string
}

/** Statuses by code. https://docs.oracle.com/iaas/Content/API/References/apierrors.htm (2026-11) */
const statuses: Readonly<Record<string, number>> = {
  NotAuthenticated: 401,
  NotAuthorizedOrNotFound: 404,
  BucketNotFound: 404,
  NamespaceNotFound: 404,
  NoSuchUpload: 404,
  ObjectNotFound: 404,
  IncorrectState: 409,
  Conflict: 409,
  BucketAlreadyExists: 409,
  BucketNotEmpty: 409,
  InvalidatedRetryToken: 409,
  NoEtagMatch: 412,
  IfNoneMatchFailed: 412,
  InvalidRange: 416,
  TooManyRequests: 429,
  InternalError: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
}

/** An error answer with Oracle's code; the HTTP status follows from it, and is 400 for most. */
export function ociError(code: string, message: string): OciError {
  return Object.assign(new Error(message), { code, status: statuses[code] ?? 400 })
}

/** True for what `ociError` made. */
export function isOciError(error: unknown): error is OciError {
  return error instanceof Error && 'code' in error && 'status' in error
}

/** The stand-in's own refusal: Oracle has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): OciError {
  return ociError('NotImplemented', `The rehearsal's stand-in of Oracle Cloud does not implement ${what}.`)
}

/** Oracle's answer about a thing that is not there, or that the caller may not use: it does not tell which. */
export function notFound(): OciError {
  return ociError('NotAuthorizedOrNotFound', 'Authorization failed or requested resource not found.')
}

/** Oracle's answer to a parameter it does not take. */
export function invalid(message: string): OciError {
  return ociError('InvalidParameter', message)
}
