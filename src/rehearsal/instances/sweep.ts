import { join, resolve } from 'node:path'
import { endMachine } from './end-machine.ts'
import { machineIds, readState } from './machine-state.ts'
import { alive } from './process-identity.ts'

/**
 * Ends every machine kept in `folder`, whoever started it: no process, mount, loop device or cgroup of theirs is left.
 * Resolves with the ids of those that were still running. Their folders and disks stay.
 */
export async function sweep(folder: string): Promise<readonly string[]> {
  const home = resolve(folder)
  const ended = await Promise.all(
    (await machineIds(home)).map(async (id) => {
      const state = await readState(join(home, id))
      if (state === undefined) return []
      const ran = await alive(state.gate)
      await endMachine(state, 5_000)
      return ran ? [id] : []
    }),
  )
  return ended.flat()
}
