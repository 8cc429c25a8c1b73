import type { AzureReleaseSettings } from '../../config/targets/azure.ts'
import { SindriError } from '../../core/error.ts'
import type { Publication } from '../../release/publication.ts'
import type { AzureDefinition } from './disk-port.ts'

/**
 * What the image definition of a disk says. A disk that boots both ways boots as generation 2.
 * https://learn.microsoft.com/azure/virtual-machines/generation-2 and
 * https://learn.microsoft.com/azure/virtual-machines/enable-nvme-interface (2026-11)
 */
export function definitionOf(settings: AzureReleaseSettings, { project, os, disk }: Publication): AzureDefinition {
  const generation = disk.firmware === 'bios' ? 'V1' : 'V2'
  const architecture = disk.architecture === 'arm64' ? 'Arm64' : 'x64'
  return {
    publisher: settings.publisher ?? project,
    offer: settings.offer ?? os,
    sku: settings.sku ?? `${architecture.toLowerCase()}-gen${generation.slice(1)}`,
    generation,
    architecture,
    features: {
      ...(settings.trustedLaunch && { SecurityType: 'TrustedLaunchSupported' }),
      ...(settings.nvme && { DiskControllerTypes: 'SCSI, NVMe' }),
      ...(settings.acceleratedNetworking && { IsAcceleratedNetworkSupported: 'True' }),
    },
  }
}

/** Where a definition that exists is another than the wanted one, in words; none when it is the same. */
export function differences(found: AzureDefinition, wanted: AzureDefinition): readonly string[] {
  const [have, want] = [wordsOf(found), wordsOf(wanted)]
  const names = [...new Set([...Object.keys(want), ...Object.keys(have)])]
  return names
    .filter((name) => have[name] !== want[name])
    .map((name) => `${name} is ${have[name] ?? 'not set'}, and should be ${want[name] ?? 'not set'}`)
}

/** Most of a definition cannot be changed, and its other versions count on it. @throws SindriError `conflict` that names the difference */
export function checkDefinition(name: string, found: AzureDefinition, wanted: AzureDefinition): void {
  const differing = differences(found, wanted)
  if (differing.length === 0) return
  throw new SindriError('conflict', `the image definition ${name} is another: ${differing.join('; ')}`, {
    hint: 'name another in release.targets.azure.image, or change the settings; a definition is never changed',
  })
}

/** What compares equal is equal to Azure: case, and the order of disk controllers, do not matter; SCSI goes without saying. */
function wordsOf({ publisher, offer, sku, generation, architecture, features }: AzureDefinition) {
  const own: Readonly<Record<string, string>> = { publisher, offer, sku, generation, architecture, ...features }
  const words = Object.entries(own).map(([name, value]): [string, string] => [name, canonical(value)])
  return Object.fromEntries(words.filter(([name, value]) => !(silent[name]?.includes(value) ?? false)))
}

function canonical(value: string): string {
  return value.toLowerCase().split(/,\s*/).sort().join(', ')
}

/** Values that say the same as nothing. */
const silent: Readonly<Record<string, readonly string[]>> = {
  SecurityType: ['none', 'standard'],
  DiskControllerTypes: ['scsi'],
  IsAcceleratedNetworkSupported: ['false'],
}
