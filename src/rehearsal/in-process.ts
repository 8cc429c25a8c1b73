import { copyFileSync, linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, openDaemon } from './daemon.ts'
import type { MachineSpec, Machines } from './kit/machines.ts'
import type { Places } from './places.ts'

/** A rehearsal inside this process whose machines only seem to run: for tests that need Node and nothing else. */
export interface InProcess extends Daemon {
  /** The machines that seem to run, by instance id. */
  readonly machines: ReadonlyMap<string, MachineSpec>
}

const baseBytes = 64 * 1024

/** Opens the stand-ins over files in `places`, with a tiny file as the base disk. `now` is the stand-ins' clock. */
export async function openInProcess(places: Places, now: () => number = Date.now): Promise<InProcess> {
  const running = new Map<string, MachineSpec>()
  const machines: Machines = {
    kind: 'namespaces',
    start: async (spec) => {
      running.set(spec.id, spec)
    },
    stop: async (id) => {
      running.delete(id)
    },
    running: async (id) => running.has(id),
    console: async (id) => (running.has(id) ? `${id} login: ` : ''),
  }
  mkdirSync(places.cache, { recursive: true })
  const disk = join(places.cache, 'base.raw')
  writeFileSync(disk, Buffer.alloc(baseBytes, 'base'))
  const daemon = await openDaemon({
    places,
    ground: {
      machines,
      bases: [{ name: 'debian-12', arch: 'x86_64', offered: true, note: '' }],
      // Nothing writes to these copies, so they stay as small as the base, whatever size is asked for. A disk that was
      // put together from blocks is gigabytes of holes, which copying would fill.
      copyDisk: async (from, to) => (statSync(from).size > baseBytes ? linkSync(from, to) : copyFileSync(from, to)),
      base: async () => ({ name: 'debian-12', arch: 'x86_64', disk, sizeGiB: 8 }),
    },
    now,
    tell: () => {},
    onDown: () => {},
  })
  return { ...daemon, machines: running }
}
