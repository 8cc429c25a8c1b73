import { readdir, readFile } from 'node:fs/promises'
import { removeCgroups } from './cgroup.ts'
import type { MachineState } from './machine-state.ts'
import { alive, signal, waitUntil } from './process-identity.ts'
import { run } from './run.ts'

/**
 * Ends a machine: asks it to stop, kills it when it has not after `patienceMs`, and returns when its processes are
 * gone and its disk is unmounted, that is consistent.
 */
export async function endMachine(state: MachineState, patienceMs: number): Promise<void> {
  const gone = async () => !(await alive(state.gate))
  await signal(state.gate, 'SIGTERM')
  if (!(await waitUntil(gone, patienceMs))) {
    await signal(state.gate, 'SIGKILL')
    await waitUntil(gone, 5_000)
  }
  // The kernel unmounts by itself, a moment later. What stays was left by a machine killed before it had mounted.
  const free = await waitUntil(async () => (await loopDevices(state.disk)).length === 0, 20_000)
  if (!free) for (const device of await loopDevices(state.disk)) await run('losetup', ['--detach', device])
  // What was just starting when its gate was killed sees that it is an orphan, and ends.
  await waitUntil(() => removeCgroups(state.cgroups), 10_000)
}

/** The loop devices that lead to this disk. */
async function loopDevices(disk: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const device of await readdir('/sys/block').catch(() => [])) {
    const backing = await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '')
    if (backing.trim() === disk) found.push(`/dev/${device}`)
  }
  return found
}
