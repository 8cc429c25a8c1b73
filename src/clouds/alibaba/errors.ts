import { brokenConnections } from '../../core/broken-connections.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { type Json, objectOf } from './answers.ts'

/** Codes of https://www.alibabacloud.com/help/en/sdk/product-overview/common-error-codes (read 2026-11), without what follows a second dot. */
const credentialCodes = new Set([
  'InvalidAccessKeyId',
  'InvalidAccessKeySecret',
  'InvalidSecurityToken',
  'IncompleteSignature',
  'SignatureDoesNotMatch',
  'SignatureNonceUsed',
  'MissingSecurityToken',
  'InvalidCredentials',
])
const deniedCodes = new Set(['AccessDenied', 'Forbidden', 'NoPermission', 'UnauthorizedOperation'])
const transientCodes = new Set([
  'Throttling',
  'ServiceUnavailable',
  'InternalError',
  'IdempotentProcessing',
  'LastTokenProcessing',
  'TaskConflict',
  'OperationConflict',
  'DependencyViolation',
  'IncorrectInstanceStatus',
  'IncorrectVSwitchStatus',
  'UnknownError',
  // OSS received other bytes than were sent: https://www.alibabacloud.com/help/en/oss/user-guide/http-400-status-code (2026-11)
  'InvalidDigest',
])

/**
 * The same failure in our words: which RAM action, in which region, and what to do. `credentials` says where those that
 * were used come from.
 */
export function alibabaError(error: unknown, action: string, region: string, credentials: string): SindriError {
  if (error instanceof SindriError) return error
  const code = codeOf(error)
  const kind = code.split('.')[0] ?? ''
  const message = messageOf(error)
  const where = `${action} in ${region}`
  if (credentialCodes.has(kind)) {
    return new SindriError(
      'credentials',
      `Alibaba Cloud credentials from ${credentials} were not accepted: ${message} (${code})`,
      {
        hint: 'set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_PROFILE; keys of the China site and of the international one are different',
        cause: error,
      },
    )
  }
  if (code === 'Forbidden.RAM' || deniedCodes.has(kind)) {
    return new SindriError('denied', `Alibaba Cloud does not allow ${where}: ${message} (${code})`, {
      hint: `add ${action} to the policy of these credentials; 'sindri vm permissions --cloud alibaba' prints all that is needed`,
      cause: error,
    })
  }
  // A role that was just made is not known everywhere at once. Both spellings are Alibaba Cloud's.
  if (/^NoSetRoletoECSServiceAcc?ount/.test(code))
    return new SindriError('timeout', `${where} failed: ECS may not read OSS: ${message} (${code})`, {
      hint: 'confirm the role AliyunECSImageImportDefaultRole at https://ram.console.aliyun.com (Cloud Resource Access Authorization), then run the same command again',
      cause: error,
    })
  if (code === 'ENOTFOUND') {
    return new SindriError('failed', `cannot reach Alibaba Cloud for ${where}: ${message}`, {
      hint: `check the network, and that ${region} is a region of Alibaba Cloud`,
      cause: error,
    })
  }
  if (
    transientCodes.has(kind) ||
    brokenConnections.has(code) ||
    isServerFault(member(error, 'statusCode')) ||
    member(error, 'name') === 'TimeoutError'
  )
    return new SindriError('timeout', `${where} is not done yet: ${message} (${code})`, { cause: error })
  if (code.startsWith('Quota'))
    return new SindriError('failed', `a quota of the account forbids ${where}: ${message} (${code})`, {
      hint: 'raise the quota in the Quota Center of Alibaba Cloud, or use another region',
      cause: error,
    })
  return new SindriError(kindOf(code), `${where} failed: ${message} (${code})`, { cause: error })
}

function kindOf(code: string): 'not-found' | 'conflict' | 'failed' {
  if (/NotFound|NotExist|^NoSuch|^InvalidAllocationId/.test(code)) return 'not-found'
  return /AlreadyExist|Duplicate/.test(code) ? 'conflict' : 'failed'
}

/** The same, of what the library says when it finds no credentials: it may quote the file they should be in. */
export function credentialError(error: unknown, source: string): SindriError {
  const message = messageOf(error).split(/ failed: |\n/)[0] ?? ''
  return new SindriError('credentials', `Alibaba Cloud credentials cannot be had from ${source}: ${message}`, {
    hint: "run 'aliyun configure --profile NAME' and set ALIBABA_CLOUD_PROFILE=NAME, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
  })
}

/** Does it, and is content when it was done before: a call without a token whose answer was lost. */
export async function unlessThere(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof SindriError && error.code === 'conflict')) throw error
  }
}

/** What Alibaba Cloud answered instead of doing it: `{ Code, Message, RequestId }`. Something on the way may answer otherwise. */
export function refusalOf(status: number, text: string): Error {
  const { Code, Message } = parsed(text)
  // A signature that is wrong is told with all that was to be signed.
  const message = typeof Message === 'string' ? (Message.split(/ server string to sign/)[0] ?? '') : `status ${status}`
  return Object.assign(new Error(message), { code: String(Code ?? `HTTP ${status}`), statusCode: status })
}

function parsed(text: string): Json {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

/** A fault that may pass; what is not there at all stays so. */
function isServerFault(status: unknown): boolean {
  return typeof status === 'number' && status >= 500 && status !== 501
}

function codeOf(error: unknown): string {
  const code = member(error, 'code') ?? member(member(error, 'cause'), 'code')
  return typeof code === 'string' ? code : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
