/** An error as AWS words it: becomes the answer to the request, never an exception of ours. */
export interface AwsError extends Error {
  readonly awsCode: string
  readonly status: number
  /** What some services say beside the code, for programs to read. */
  readonly reason?: string
}

/** Statuses that are not 400. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (2026-11) */
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  AuthFailure: 401,
  ConflictException: 409,
  DryRunOperation: 412,
  InternalError: 500,
  InternalFailure: 500,
  InternalServerError: 500,
  InternalServerException: 500,
  InvalidAccessKeyId: 403,
  InvalidClientTokenId: 403,
  InvalidRange: 416,
  InvalidSignatureException: 403,
  EntityAlreadyExists: 409,
  NoSuchBucket: 404,
  NoSuchEntity: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  PermanentRedirect: 301,
  PreconditionFailed: 412,
  'Rehearsal.NotImplemented': 501,
  RequestTimeTooSkewed: 403,
  SlowDown: 503,
  RequestLimitExceeded: 503,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 503,
  Unavailable: 503,
  UnauthorizedOperation: 403,
  UnrecognizedClientException: 403,
}

/** An error answer with AWS's code and wording; the HTTP status follows from the code. */
export function awsError(code: string, message: string, reason?: string): AwsError {
  const status = statuses[code] ?? 400
  return Object.assign(new Error(message), { awsCode: code, status, ...(reason !== undefined && { reason }) })
}

/** True for what `awsError` made. */
export function isAwsError(error: unknown): error is AwsError {
  return error instanceof Error && 'awsCode' in error
}

/** The stand-in's own refusal: AWS has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): AwsError {
  return awsError('Rehearsal.NotImplemented', `The rehearsal's stand-in of AWS does not implement ${what}.`)
}
