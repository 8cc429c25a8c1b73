import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:net'
import { dirname, join } from 'node:path'
import type { MachineSpec, Machines } from '../kit/machines.ts'
import { distributionMirrors } from './apt-mirrors.ts'
import { limitingCgroups } from './cgroup.ts'
import { endMachine } from './end-machine.ts'
import { gateSettings } from './gate-settings.ts'
import { closeDoors, openDoors } from './host-doors.ts'
import { readState } from './machine-state.ts'
import { alive } from './process-identity.ts'
import { spawnGate } from './spawn-gate.ts'

interface NamespacesOptions {
  /** Absolute. Each machine has a folder in it, named by its id. */
  readonly folder: string
  readonly tell: (line: string) => void
}

const processesPerMachine = 2048
const stopPatienceMs = 15_000

/**
 * Machines that are namespaces of this host's kernel, each with its own disk, cloud-init and sshd. They outlive the
 * process that started them; what leads into them from this host does not, and is opened again by `start`.
 */
export function namespaceMachines({ folder, tell }: NamespacesOptions): Machines {
  const doors = new Map<string, readonly Server[]>()
  const homeOf = (id: string) => join(folder, id)

  async function running(id: string): Promise<boolean> {
    const state = await readState(homeOf(id))
    return state !== undefined && (await alive(state.gate))
  }

  async function start(spec: MachineSpec): Promise<void> {
    const home = homeOf(spec.id)
    await mkdir(join(home, 'root'), { recursive: true, mode: 0o700 })
    const mirrors = await distributionMirrors()
    if (!doors.has(spec.id)) doors.set(spec.id, await openDoors(spec, home, mirrors))
    try {
      if (!(await running(spec.id))) await launch(spec, home, mirrors)
    } catch (error) {
      release(spec.id)
      throw error
    }
  }

  async function launch(spec: MachineSpec, home: string, mirrors: readonly URL[]): Promise<void> {
    await writeFirmware(spec, home)
    await writeFiles(spec, home)
    const cgroups = await limitingCgroups(spec.id, { memoryMiB: spec.memoryMiB, processes: processesPerMachine })
    if (cgroups.length === 0) tell(`${spec.id} runs without a memory limit: no cgroup is writable here`)
    const settings = await gateSettings(spec, home, mirrors, cgroups)
    await writeFile(join(home, 'gate.json'), JSON.stringify(settings), { mode: 0o600 })
    await spawnGate(home)
  }

  async function stop(id: string): Promise<void> {
    release(id)
    const state = await readState(homeOf(id))
    if (state !== undefined) await endMachine(state, stopPatienceMs)
  }

  function release(id: string): void {
    closeDoors(doors.get(id) ?? [])
    doors.delete(id)
  }

  function printed(id: string): Promise<string> {
    return readFile(join(homeOf(id), 'console.log'), 'utf8').catch(() => '')
  }

  return { kind: 'namespaces', start, stop, running, console: printed }
}

/** What the machine finds on its disk when it boots. */
async function writeFiles({ files = {} }: MachineSpec, home: string): Promise<void> {
  const folder = join(home, 'files')
  await rm(folder, { recursive: true, force: true })
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), text, { mode: 0o600 })
  }
}

/** What the machine finds in /sys and on its kernel's command line. */
async function writeFirmware(spec: MachineSpec, home: string): Promise<void> {
  const dmi = join(home, 'firmware/class/dmi/id')
  await rm(join(home, 'firmware'), { recursive: true, force: true })
  await mkdir(dmi, { recursive: true })
  for (const [name, value] of Object.entries(spec.firmware)) await writeFile(join(dmi, name), `${value}\n`)
  await chmod(join(home, 'firmware'), 0o755)
  // The addresses are set and the file system is grown before cloud-init runs, which shall not try it again.
  const config = { resize_rootfs: false, growpart: { mode: 'off' }, ...spec.cloudInit }
  const words = `network-config=disabled cc: ${JSON.stringify(config)} end_cc`
  await writeFile(join(home, 'cmdline'), `root=LABEL=root ro console=ttyS0 ${words}\n`)
}
