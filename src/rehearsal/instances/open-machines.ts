import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { platform } from 'node:process'
import { messageOf, SindriError } from '../../core/error.ts'
import type { Machines } from '../kit/machines.ts'
import { namespaceMachines } from './namespaces.ts'
import { missingPackages } from './programs.ts'
import { run } from './run.ts'

interface OpenOptions {
  /** Where the machines are kept, each in a folder named by its id. */
  readonly folder: string
  /** Where base disks are kept; machines that are namespaces need nothing from it. */
  readonly cache: string
  readonly tell?: (line: string) => void
}

const programs = ['unshare', 'setpriv', 'mount', 'losetup', 'ip', 'sfdisk', 'e2fsck', 'resize2fs']

/** Everything a machine is made of, tried in namespaces that end at once. */
const trial = `losetup --find >/dev/null
mount -t tmpfs trial "$1"
ip link add eth0 type veth peer name router`

/**
 * Real instances on this machine, by the abilities it has and not by who asks. Fails with `prerequisite`, saying what
 * to install or to allow.
 */
export async function openMachines({ folder, tell }: OpenOptions): Promise<Machines> {
  const refuse = (reason: string, hint: string) =>
    new SindriError('prerequisite', `cannot run instances on this machine: ${reason}`, { hint })
  if (platform !== 'linux') throw refuse(`it runs ${platform}`, 'use Linux, for example in a virtual machine')
  const missing = await missingPackages(programs)
  if (missing.length > 0) throw refuse(`it lacks ${missing.join(', ')}`, `apt-get install ${missing.join(' ')}`)
  const home = resolve(folder)
  await mkdir(home, { recursive: true, mode: 0o700 })
  const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--cgroup', '--fork']
  await run('unshare', [...namespaces, 'sh', '-euc', trial, 'sh', home]).catch((error: unknown) => {
    throw refuse(messageOf(error), 'run as root; in a container, start it with --privileged')
  })
  return namespaceMachines({ folder: home, tell: tell ?? (() => undefined) })
}
