import type { CloudOutcome } from '../actions/each-cloud.ts'
import { exitCodeOf } from '../core/error.ts'
import { failureJson, failureText } from './failure.ts'

/** Of several clouds: under `name` what was done, by cloud, and what failed. One document. */
export function outcomesJson<T>(
  name: string,
  outcomes: readonly CloudOutcome<T>[],
  json: (result: T) => unknown,
): unknown {
  return {
    [name]: Object.fromEntries(outcomes.flatMap((one) => ('result' in one ? [[one.cloud, json(one.result)]] : []))),
    failed: failures(outcomes).map(({ cloud, error }) => ({ cloud, ...(failureJson(error) as object) })), // it is an object
  }
}

/** The same for people, cloud by cloud. */
export function outcomesText<T>(outcomes: readonly CloudOutcome<T>[], text: (result: T) => string): string {
  return outcomes
    .map((one) => `${one.cloud}\n${'result' in one ? text(one.result) : failureText(one.error)}`)
    .join('\n\n')
}

/**
 * 0 when all is done, 4 when a part of it is. When nothing is, what the failures have in common: their exit code, or 1.
 */
export function outcomesExitCode<T>(outcomes: readonly CloudOutcome<T>[], whole: (result: T) => boolean): number {
  const failed = failures(outcomes).map(({ error }) => exitCodeOf(error))
  if (failed.includes(130)) return 130
  if (failed.length === 0) return outcomes.every((one) => 'result' in one && whole(one.result)) ? 0 : 4
  if (failed.length < outcomes.length) return 4
  const [first = 1] = failed
  return failed.every((code) => code === first) ? first : 1
}

function failures<T>(outcomes: readonly CloudOutcome<T>[]) {
  return outcomes.filter((one) => 'error' in one)
}
