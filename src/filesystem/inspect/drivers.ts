import type { FileTree } from '../file-tree.ts'
import { type Told, untold } from './told.ts'

/** Drivers that clouds' disks and networks need, by the names of their modules. */
export const cloudDrivers = [
  'ena',
  'gve',
  'hv_netvsc',
  'hv_storvsc',
  'nvme',
  'virtio_blk',
  'virtio_net',
  'virtio_scsi',
] as const

/** What one kernel has of them. A driver that is missing may have been left out, or the kernel may be older than it. */
export interface Kernel {
  /** `6.1.0-18-cloud-amd64`. */
  readonly release: string
  readonly drivers: Readonly<Record<(typeof cloudDrivers)[number], 'builtin' | 'module' | 'absent'>>
}

const mostBytes = 16 * 2 ** 20
const mostKernels = 64

/** The kernels whose modules are under /lib/modules. https://man7.org/linux/man-pages/man5/modules.dep.5.html (2026-11) */
export async function kernelsOf(root: FileTree, where: string): Promise<Told<readonly Kernel[]>> {
  const kernels: Kernel[] = []
  const directory = await root.find('/lib/modules').catch(() => undefined)
  if (directory?.kind !== 'directory') return untold(`${where}: there is no /lib/modules`)
  try {
    for await (const { name } of directory.entries()) {
      const folder = `/lib/modules/${name}`
      const builtin = await root.read(`${folder}/modules.builtin`, mostBytes)
      const loadable = await root.read(`${folder}/modules.dep`, mostBytes)
      if (builtin === undefined && loadable === undefined) continue
      kernels.push({ release: name, drivers: driversOf(builtin?.toString() ?? '', loadable?.toString() ?? '') })
      if (kernels.length === mostKernels) break
    }
  } catch (error) {
    return untold(`${where}: /lib/modules: ${String(error)}`)
  }
  if (kernels.length === 0) return untold(`${where}: /lib/modules holds no kernel's modules`)
  return { value: kernels, evidence: `${where}: /lib/modules/*/modules.builtin and modules.dep` }
}

function driversOf(builtin: string, loadable: string): Kernel['drivers'] {
  const [inside, beside] = [namesIn(builtin), namesIn(loadable)]
  const state = (name: string) => (inside.has(name) ? 'builtin' : beside.has(name) ? 'module' : 'absent')
  return Object.fromEntries(cloudDrivers.map((name) => [name, state(name)])) as Kernel['drivers']
}

/** The modules that lines begin with: `kernel/drivers/net/ethernet/amazon/ena/ena.ko.xz: …`. */
function namesIn(list: string): ReadonlySet<string> {
  return new Set(
    [...list.matchAll(/^(?:[^:\n]*\/)?([^/:\n]+)\.ko/gm)].map(([, name = '']) => name.replaceAll('-', '_')),
  )
}
