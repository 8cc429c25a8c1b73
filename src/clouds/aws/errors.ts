import { brokenConnections } from '../../core/broken-connections.ts'
import { messageOf, SindriError } from '../../core/error.ts'

/** Codes of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (read 2026-11). */
const credentialCodes = new Set([
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'OptInRequired',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
])
const deniedCodes = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'])
const transientCodes = new Set([
  'ConcurrentLimitExceededException',
  'InternalServerException',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestTimeout',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'SlowDown',
  'Unavailable',
])
/** Of EBS: what is asked for does not go with what is there, for example a block for a snapshot that is complete. */
const conflictCodes = new Set(['ConflictException', 'InvalidAMIName.Duplicate'])

/**
 * The same failure in our words: which action, in which region, and what to do. `action` is an IAM action such as
 * `ec2:CopyImage`; `source` says where the credentials come from.
 */
export function awsError(error: unknown, action: string, region: string, source = ''): SindriError {
  if (error instanceof SindriError) return error
  const code = codeOf(error)
  const message = messageOf(error)
  const where = `${action} in ${region}`
  if (deniedCodes.has(code)) {
    return new SindriError('denied', `AWS does not allow ${where}: ${message}`, {
      hint: `add ${action} to the policy of these credentials; 'sindri vm permissions --cloud aws' prints all that is needed`,
      cause: error,
    })
  }
  if (credentialCodes.has(code)) {
    return new SindriError(
      'credentials',
      `AWS credentials${source && ` from ${source}`} were not accepted for ${where}: ${message}`,
      {
        hint: "run 'aws configure', set AWS_PROFILE, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        cause: error,
      },
    )
  }
  if (code === 'ENOTFOUND') {
    return new SindriError('failed', `cannot reach AWS for ${where}: ${message}`, {
      hint: `check the network, and that ${region} is a region of AWS`,
      cause: error,
    })
  }
  if (transientCodes.has(code) || brokenConnections.has(code) || isServerFault(error))
    return new SindriError('timeout', `${where} did not answer: ${message}`, { cause: error })
  if (conflictCodes.has(code))
    return new SindriError('conflict', `${where} was refused: ${message} (${code})`, { cause: error })
  const kind = /NotFound|\.Unavailable$|Malformed$/.test(code) ? 'not-found' : 'failed'
  return new SindriError(kind, `${where} failed: ${message} (${code})`, { cause: error })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name
}

/** 501 is what will never be answered. */
function isServerFault(error: unknown): boolean {
  const status = error instanceof Error && '$metadata' in error ? statusIn(error.$metadata) : 0
  return status >= 500 && status !== 501
}

function statusIn(metadata: unknown): number {
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : 0
  return typeof status === 'number' ? status : 0
}
