/** An error as AWS words it: becomes the answer to the request, never an exception of ours. */
export interface AwsError extends Error {
  readonly awsCode: string
  readonly status: number
}

/** Statuses that are not 400. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (2026-11) */
const statuses: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  DryRunOperation: 412,
  InternalError: 500,
  InternalFailure: 500,
  InvalidClientTokenId: 403,
  'Rehearsal.NotImplemented': 501,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 503,
  Unavailable: 503,
  UnauthorizedOperation: 403,
}

/** An error answer with AWS's code and wording; the HTTP status follows from the code. */
export function awsError(code: string, message: string): AwsError {
  return Object.assign(new Error(message), { awsCode: code, status: statuses[code] ?? 400 })
}

/** True for what `awsError` made. */
export function isAwsError(error: unknown): error is AwsError {
  return error instanceof Error && 'awsCode' in error
}

/** The stand-in's own refusal: AWS has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): AwsError {
  return awsError('Rehearsal.NotImplemented', `The rehearsal's stand-in of AWS does not implement ${what}.`)
}
