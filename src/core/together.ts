import { messageOf, SindriError } from './error.ts'

/** Several errors in one that tells all of them, of their kind where they are of one; one alone is itself. */
export function together(errors: readonly unknown[]): unknown {
  const [first, ...more] = errors
  if (more.length === 0) return first
  const codes = new Set(errors.map((error) => (error instanceof SindriError ? error.code : 'failed')))
  const [code = 'failed'] = codes.size === 1 ? codes : []
  return new SindriError(code, errors.map(messageOf).join('\n'), {
    complaints: errors.map((error) => ({
      message: messageOf(error),
      ...(error instanceof SindriError && error.hint !== undefined ? { hint: error.hint } : {}),
    })),
  })
}
