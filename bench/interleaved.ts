import { spawnSync } from 'node:child_process'
import { median } from './times.ts'

/** A program to start again and again; it gets no input and its output is thrown away. */
export interface Candidate {
  readonly name: string
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * Median wall time in ms of each candidate, by name. All are run once per round, so that what slows the machine for a
 * while slows all of them; the first round, which fills caches, does not count. Throws when one exits non-zero.
 */
export function medianTimes(candidates: readonly Candidate[], rounds: number): ReadonlyMap<string, number> {
  const times = new Map<string, number[]>(candidates.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, argv, cwd, env } of candidates) {
      const [program = '', ...args] = argv
      const begin = performance.now()
      const { status, stderr } = spawnSync(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
      const time = performance.now() - begin
      if (status !== 0) throw new Error(`${name} exited with ${status}: ${stderr}`)
      if (round > 0) times.get(name)?.push(time)
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]))
}
