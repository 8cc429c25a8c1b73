import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from '../../core/error.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** What gate.js keeps of a machine in its `machine.json`, enough for any process to find and end it. */
export interface MachineState {
  readonly disk: string
  /** The gate's process: the machine lives exactly as long. */
  readonly gate: ProcessIdentity
  readonly cgroups: readonly string[]
}

/** The state of the machine kept in `folder`; undefined when none was ever started there. */
export async function readState(folder: string): Promise<MachineState | undefined> {
  try {
    // Only gate.js writes this file, and whole.
    return JSON.parse(await readFile(join(folder, 'machine.json'), 'utf8')) as MachineState
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The machines that have a folder in `folder`. */
export async function machineIds(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}
