import type { Operations } from './call.ts'
import { notFound, notImplemented } from './gcp-error.ts'
import { urlOf } from './listing.ts'
import { regionOf } from './places.ts'

/** What the stand-in knows of a machine type. */
interface MachineType {
  readonly cpus: number
  readonly memoryMiB: number
  readonly architecture: 'X86_64' | 'ARM64'
}

const shared: Readonly<Record<string, number>> = { 'e2-micro': 1, 'e2-small': 2, 'e2-medium': 4 }
const gibPerCpu: Readonly<Record<string, number>> = { standard: 4, highmem: 8, highcpu: 1 }

/** Series that Google has and that are not here: https://cloud.google.com/compute/docs/machine-resource (2026-11). */
const others = /^(a[234][a-z]*|c[234]d?|g[24]|h[34]d?|m[1-4]|n4d?|t2d|x4|z3)-|-custom-|^custom-/

/**
 * What a machine of this type has, undefined when there is no such type: 501 for one that Google has and that is not
 * here. https://cloud.google.com/compute/docs/general-purpose-machines (2026-11)
 */
export function machineTypeOf(name: string): MachineType | undefined {
  const small = shared[name]
  if (small !== undefined) return { cpus: 2, memoryMiB: small * 1024, architecture: 'X86_64' }
  const [, series, kind = '', cpus] = /^(e2|n1|n2|n2d|t2a|c4a)-(standard|highmem|highcpu)-(\d+)$/.exec(name) ?? []
  if (series === undefined && others.test(name)) throw notImplemented(`the machine type ${name}`)
  if (series === undefined) return undefined
  const arm = series === 't2a' || series === 'c4a'
  return {
    cpus: Number(cpus),
    memoryMiB: Number(cpus) * (gibPerCpu[kind] ?? 4) * 1024,
    architecture: arm ? 'ARM64' : 'X86_64',
  }
}

/** What is Google's own and the same for every project. */
export const placeOperations: Operations = {
  'compute.zones.get': {
    pattern: 'GET projects/:project/zones/:zone',
    permissions: ['compute.zones.get'],
    run: ({ at, path }) => {
      const { project = '', zone = '' } = at
      const region = urlOf(`projects/${project}/regions/${regionOf(zone)}`)
      return { kind: 'compute#zone', id: '2210', name: zone, status: 'UP', region, selfLink: urlOf(path) }
    },
  },
  'compute.machineTypes.get': {
    pattern: 'GET projects/:project/zones/:zone/machineTypes/:name',
    permissions: ['compute.machineTypes.get'],
    run: ({ at, path }) => {
      const { zone = '', name = '' } = at
      const type = regionOf(zone) === '' ? undefined : machineTypeOf(name)
      if (type === undefined) throw notFound(path)
      const size = { guestCpus: type.cpus, memoryMb: type.memoryMiB, architecture: type.architecture }
      return { kind: 'compute#machineType', id: '334004', name, ...size, zone, selfLink: urlOf(path) }
    },
  },
}
