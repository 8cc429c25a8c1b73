import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How long a warm rehearsed build took in all, and how long Packer itself ran in it. Milliseconds. */
export interface Overhead {
  readonly totalMs: number
  readonly packerMs: number
}

/** Builds once to warm up (base, executable, versions), then once more with --force; undefined where that cannot run. */
export function buildOverhead(sindri: readonly string[]): Overhead | undefined {
  if (process.getuid?.() !== 0 || spawnSync('packer', ['version']).status !== 0) return undefined
  const home = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  const env = { ...process.env, SINDRI_HOME: home }
  const run = (...words: readonly string[]): boolean => {
    const [command = '', ...rest] = [...sindri, ...words]
    return spawnSync(command, rest, { env, cwd: home, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  }
  const words = [
    'vm',
    'build',
    '--cloud',
    'aws',
    '--rehearse',
    '--quiet',
    '--json',
    '--force',
    '--name',
    'bench',
    '--profile',
    'minimal',
  ]
  try {
    if (!run(...words)) throw new Error('the rehearsed build failed')
    const began = performance.now()
    if (!run(...words)) throw new Error('the second rehearsed build failed')
    const totalMs = performance.now() - began
    const logs = globSync(join(home, 'rehearsal/records/runs/*/*/packer.log')).map((log) => ({
      from: statSync(log).birthtimeMs,
      to: statSync(`${log}.status`).mtimeMs,
    }))
    const last = logs.toSorted((a, b) => a.from - b.from).at(-1)
    if (last === undefined) throw new Error('no run of Packer was found')
    return { totalMs, packerMs: last.to - last.from }
  } finally {
    run('rehearsal', 'down')
    rmSync(home, { recursive: true, force: true })
  }
}
