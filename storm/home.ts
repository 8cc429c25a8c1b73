import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Status } from '../src/rehearsal/status.ts'

const cli = join(import.meta.dirname, '../bin/sindri.js')

/** How a command ended; `code` is null when it was killed. */
interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A rehearsal of its own with a disk and a config, and the CLI in it. */
export interface Home {
  /** Writes the config of this version. */
  version(version: string): void
  start(...words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> }
  /** What a command prints with `--json`; throws where it fails. */
  json<T>(...words: readonly string[]): Promise<T>
  status(): Promise<Status>
  forgetRecords(): void
  close(): Promise<void>
}

/** @param targets `release.targets` of the config, @param store `release.store` */
export function openHome(targets: unknown, disk: Uint8Array, store?: string): Home {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-storm-'))
  const env = { ...process.env, SINDRI_HOME: join(folder, 'home') }
  const work = join(folder, 'work')
  mkdirSync(work)
  writeFileSync(join(work, 'disk.raw'), disk)

  function start(...words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const child = spawn(process.execPath, [cli, ...words], { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      said.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      said.stderr += chunk
    })
    return { child, ended: once(child, 'close').then(([code]) => ({ code, ...said })) }
  }

  async function json<T>(...words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await start(...words, '--json').ended
    if (code !== 0) throw new Error(`sindri ${words.join(' ')} ended with ${code}:\n${stderr}${stdout}`)
    return JSON.parse(stdout) as T // the caller names the type that the command's own code gives its result
  }

  return {
    start,
    json,
    version(version) {
      const machine = { os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi' }
      const release = { version, ...machine, targets, ...(store !== undefined && { store }) }
      writeFileSync(join(work, 'sindri.yaml'), JSON.stringify({ name: 'storm', release }))
    },
    status: () => json('rehearsal', 'status'),
    forgetRecords() {
      const records = join(folder, 'home/rehearsal/records/publications')
      if (existsSync(records)) rmSync(records, { recursive: true, force: true })
    },
    async close() {
      await start('rehearsal', 'down').ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
