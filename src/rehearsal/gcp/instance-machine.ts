import type { World } from './call.ts'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

const largestMemoryMiB = 4096

/** Where the metadata service is found. https://cloud.google.com/compute/docs/metadata/querying-metadata (2026-11) */
const metadataNames = ['metadata.google.internal', 'metadata']

/** The instance's internal name. https://cloud.google.com/compute/docs/internal-dns (zonal, 2026-11) */
export function internalName({ name, zone, project }: InstanceRecord): string {
  return `${name}.${zone}.c.${project}.internal`
}

/**
 * Makes the instance really run; safe to repeat. Google's own images make a user for every key in the metadata; these
 * have cloud-init, which knows one: the user of the first key.
 */
export async function startMachine(world: World, instance: InstanceRecord): Promise<void> {
  const disk = world.records.disks[instance.disk]
  if (disk === undefined) return
  const user = /^([a-z_][a-z0-9_-]*):/.exec(instance.metadata['ssh-keys'] ?? '')?.[1]
  await world.machines.start({
    id: instance.id,
    disk: await world.disks.path(disk.file),
    hostname: instance.name,
    mac: instance.mac,
    privateAddress: `${instance.privateAddress}/20`,
    publicAddress: instance.publicAddress,
    // https://cloud.google.com/compute/docs/instances/detect-compute-engine
    firmware: {
      bios_vendor: 'Google',
      sys_vendor: 'Google',
      product_name: 'Google Compute Engine',
      product_serial: `GoogleCloud-${BigInt(instance.id).toString(16).toUpperCase().padStart(32, '0')}`,
      board_asset_tag: instance.id,
    },
    metadataAddress: '169.254.169.254:80',
    metadataNames,
    metadataSocket: await world.sockets.open(instance.id, metadataHandler(instance)),
    cloudInit: {
      datasource_list: ['GCE'],
      ...(user && { system_info: { default_user: { name: user } } }),
    },
    memoryMiB: Math.min(largestMemoryMiB, instance.memoryMiB),
  })
}

/** Stops the instance's machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, instance: InstanceRecord): Promise<void> {
  await world.machines.stop(instance.id)
  await world.sockets.close(instance.id)
}
