import { messageOf, SindriError } from './error.ts'

/** Several errors in one that tells all of them; one alone is itself. */
export function together(errors: readonly unknown[]): unknown {
  const [first, ...more] = errors
  if (more.length === 0) return first
  return new SindriError('failed', errors.map(messageOf).join('\n'), {
    complaints: errors.map((error) => ({
      message: messageOf(error),
      ...(error instanceof SindriError && error.hint !== undefined ? { hint: error.hint } : {}),
    })),
  })
}
