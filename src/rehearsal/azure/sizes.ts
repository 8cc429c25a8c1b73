import { azureError } from './azure-error.ts'

/** GiB for each virtual processor, by family. https://learn.microsoft.com/azure/virtual-machines/sizes/overview (2026-11) */
const gibPerCpu: Readonly<Record<string, number>> = { B: 4, D: 4, E: 8, F: 2 }

/** Sizes of the burstable family do not follow from their number. */
const burstable: Readonly<Record<string, number>> = { B1s: 1, B1ms: 2, B2s: 4, B2ms: 8, B4ms: 16, B8ms: 32 }

/** What the stand-in knows of a VM size. */
export interface Size {
  readonly memoryMiB: number
  readonly arch: 'x86_64' | 'arm64'
}

/** What a size has, or Azure's refusal of one that is not offered. */
export function sizeOf(name: string): Size {
  const [, family = '', cpus = '', letters = ''] = /^Standard_([BDEF])(\d+)([a-z]*)(?:_v\d+)?$/.exec(name) ?? []
  if (family === '')
    throw azureError(
      409,
      'SkuNotAvailable',
      `The requested VM size for resource '${name}' is currently not available in this location. Please try another size or deploy to a different location or different zone.`,
    )
  const gib = burstable[name.replace(/^Standard_/, '')] ?? Number(cpus) * (gibPerCpu[family] ?? 4)
  return { memoryMiB: gib * 1024, arch: letters.includes('p') ? 'arm64' : 'x86_64' }
}
