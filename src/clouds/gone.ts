import { SindriError } from '../core/error.ts'

/** True for the answer that a thing does not exist (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof SindriError && error.code === 'not-found'
}

/** Does it, and is content when there is nothing (any more) to do it to. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}
