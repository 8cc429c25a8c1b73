import { SindriError } from '../core/error.ts'

/** `sindri-dev-1706745600`: the prefix and the second it was asked for. */
export function releaseName(imageName: string, at: number): string {
  return `${imageName}-${Math.floor(at / 1000)}`
}

/**
 * When a release was asked for, as its name says (ISO 8601): the same on every machine and after every loss of records.
 * @throws SindriError `failed` for a name that `releaseName` did not make
 */
export function releasedAt(name: string): string {
  const seconds = /-(\d{9,11})$/.exec(name)?.[1]
  if (seconds === undefined)
    throw new SindriError('failed', `${name} is not the name of a release: it ends in no time stamp`)
  return new Date(Number(seconds) * 1000).toISOString()
}
