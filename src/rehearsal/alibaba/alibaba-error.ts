/** An error as Alibaba Cloud words it: becomes the answer to the request, never an exception of ours. */
export interface AlibabaError extends Error {
  readonly status: number
  readonly code: string
}

/** Statuses by what a code begins or ends with. https://api.aliyun.com/document/Ecs/2014-05-26/errorCode (2026-11) */
const statuses: readonly (readonly [RegExp, number])[] = [
  [/^NotImplemented$/, 501],
  [/^ServiceUnavailable/, 503],
  [/^InternalError/, 500],
  [/^InvalidOSS|^Invalid(Digest|Argument|Part)/, 400],
  [/\.NotFound$|^NoSuch|^EntityNotExist/, 404],
  [/^EntityAlreadyExists|AlreadyExists$|NotEmpty$/, 409],
  [/^(AccessDenied|ImageIsImporting|NoSetRoleto|RequestTimeTooSkewed)/, 403],
  [/^(Forbidden|DependencyViolation|Incorrect|Quota|SnapshotCreatedImage|OperationDenied|Throttling)/, 403],
]

/** An error answer with Alibaba Cloud's code and wording; the HTTP status follows from the code, and is 400 for most. */
export function alibabaError(code: string, message: string): AlibabaError {
  const status = statuses.find(([pattern]) => pattern.test(code))?.[1] ?? 400
  return Object.assign(new Error(message), { code, status })
}

/** True for what `alibabaError` made. */
export function isAlibabaError(error: unknown): error is AlibabaError {
  return error instanceof Error && 'code' in error && 'status' in error
}

/** The stand-in's own refusal: Alibaba Cloud has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): AlibabaError {
  return alibabaError('NotImplemented', `The rehearsal's stand-in of Alibaba Cloud does not implement ${what}.`)
}
