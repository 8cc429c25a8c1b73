/** What went wrong, in a dozen words that scripts may branch on. */
export type ErrorCode =
  | 'usage'
  | 'config'
  | 'prerequisite'
  | 'credentials'
  | 'denied'
  | 'not-found'
  | 'conflict'
  | 'failed'
  | 'timeout'
  | 'unsupported'
  | 'partial'
  | 'drift'
  | 'cancelled'

/** A place in a file the user wrote. Lines and columns count from 1. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** One complaint among several that are reported at once. */
export interface Complaint {
  readonly message: string
  readonly hint?: string
  readonly where?: Place
}

interface Details {
  readonly hint?: string
  readonly where?: Place
  readonly cause?: unknown
  /** All complaints, when one error stands for many (a config with three mistakes). */
  readonly complaints?: readonly Complaint[]
}

/** The only error class: what failed and with which value, and in `hint` what to do about it. */
export class SindriError extends Error {
  override readonly name = 'SindriError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: Place | undefined
  readonly complaints: readonly Complaint[]

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.where = details.where
    this.complaints = details.complaints ?? []
  }
}

const exitCodes: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  prerequisite: 3,
  credentials: 3,
  denied: 3,
  'not-found': 1,
  conflict: 1,
  failed: 1,
  timeout: 1,
  unsupported: 2,
  partial: 4,
  drift: 5,
  cancelled: 130,
}

/** The process exit code an error stands for: 1 failed, 2 usage or config, 3 prerequisites or credentials, 4 partly done, 5 drift, 130 cancelled. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SindriError ? exitCodes[error.code] : 1
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True when a Node system error carries this `code`, for example `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
