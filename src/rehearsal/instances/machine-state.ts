import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../../core/error.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** What is kept of a started machine in its `machine.json`, enough for another process to find and end it. */
export interface MachineState {
  readonly disk: string
  /** The gate's process: the machine lives exactly as long. */
  readonly gate: ProcessIdentity
  readonly cgroups: readonly string[]
}

/** The state of the machine kept in `folder`; undefined when none was ever started there. */
export async function readState(folder: string): Promise<MachineState | undefined> {
  try {
    // Only writeState writes this file, and whole.
    return JSON.parse(await readFile(join(folder, 'machine.json'), 'utf8')) as MachineState
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Keeps the state of a machine, replacing the file in one stroke. */
export async function writeState(folder: string, state: MachineState): Promise<void> {
  const unfinished = join(folder, 'machine.json.new')
  await writeFile(unfinished, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  await rename(unfinished, join(folder, 'machine.json'))
}

/** The machines that have a folder in `folder`. */
export async function machineIds(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}
