import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloudNames } from '../src/config/cloud-name.ts'

/** Seconds: how long a command took cloud by cloud and in all at once, and how much processor time went into the latter. */
export interface SideBySide {
  readonly slowest: number
  /** All of them, one after the other. */
  readonly inTurn: number
  readonly together: number
  /**
   * Processor time of all at once, divided by the processors there are: the same work takes more of it than one by one
   * where two processors are halves of one core.
   */
  readonly bound: number
}

/** Builds and lists in these clouds. */
export interface AllClouds {
  readonly clouds: readonly string[]
  readonly builds: SideBySide
  readonly lists: SideBySide
}

/**
 * Warms every cloud up with one rehearsed build, then builds in each cloud by itself, then in all at once, and lists in
 * the same way; undefined where that cannot run. Nothing else should run on the machine: its processor time is measured
 * as a whole.
 */
export async function sideBySide(sindri: readonly string[]): Promise<AllClouds | undefined> {
  if (process.getuid?.() !== 0 || spawnSync('packer', ['version']).status !== 0) return undefined
  const home = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  const run = async (...words: readonly string[]): Promise<number> => {
    const [command = '', ...rest] = [...sindri, ...words]
    const began = performance.now()
    const env = { ...process.env, SINDRI_HOME: home }
    const child = spawn(command, rest, { env, cwd: home, stdio: ['ignore', 'ignore', 'inherit'] })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`sindri ${words.join(' ')} ended with ${code}`)
    return (performance.now() - began) / 1000
  }
  const build = (cloud: string): Promise<number> =>
    run('vm', 'build', '--rehearse', '--quiet', '--force', '--profile', 'minimal', '--name', 'bench', '--cloud', cloud)
  const list = (cloud: string): Promise<number> => run('vm', 'list', '--rehearse', '--quiet', '--cloud', cloud)
  try {
    await build('all')
    const builds = await measured(cloudNames, build)
    return { clouds: cloudNames, builds, lists: await measured(cloudNames, list) }
  } finally {
    await run('rehearsal', 'down')
    rmSync(home, { recursive: true, force: true })
  }
}

async function measured(clouds: readonly string[], work: (cloud: string) => Promise<number>): Promise<SideBySide> {
  const times: number[] = []
  for (const cloud of clouds) times.push(await work(cloud))
  const before = processorSeconds()
  const together = await work('all')
  const bound = (processorSeconds() - before) / availableParallelism()
  const inTurn = times.reduce((sum, time) => sum + time, 0)
  return { slowest: Math.max(...times), inTurn, together, bound }
}

/** Time all processors spent at work since the machine started. https://man7.org/linux/man-pages/man5/proc_stat.5.html */
function processorSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number)
  const ticksPerSecond = 100
  return (user + nice + system + irq + softirq) / ticksPerSecond
}
