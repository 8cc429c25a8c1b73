import { createHash } from 'node:crypto'
import type { World } from './call.ts'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

const largestMemoryMiB = 4096

/** Short, because unix sockets are kept under it. */
function machineId({ id }: InstanceRecord): string {
  return `o-${id.slice(-17)}`
}

/** Makes the instance really run; safe to repeat. */
export async function startMachine(world: World, instance: InstanceRecord): Promise<void> {
  const volume = world.records.bootVolumes[instance.bootVolumeId]
  if (volume === undefined) return
  const id = machineId(instance)
  await world.machines.start({
    id,
    disk: await world.disks.path(volume.file),
    hostname: instance.hostname,
    mac: instance.mac,
    privateAddress: `${instance.privateAddress}/24`,
    publicAddress: instance.publicAddress,
    // https://docs.oracle.com/iaas/Content/Compute/Tasks/gettingmetadata.htm, and what cloud-init 22.4 looks for.
    firmware: {
      bios_vendor: 'SeaBIOS',
      sys_vendor: 'QEMU',
      product_name: 'Standard PC (i440FX + PIIX, 1996)',
      product_uuid: uuidOf(instance.id),
      chassis_asset_tag: 'OracleCloud.com',
    },
    metadataAddress: '169.254.169.254:80',
    metadataSocket: await world.sockets.open(id, metadataHandler(instance)),
    // Its datasource is looked for before there is a network, and nowhere else.
    localStage: true,
    cloudInit: { datasource_list: ['Oracle'], system_info: { default_user: { name: instance.user } } },
    memoryMiB: Math.min(largestMemoryMiB, instance.memoryInGBs * 1024),
  })
}

/** Stops the instance's machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, instance: InstanceRecord): Promise<void> {
  await world.machines.stop(machineId(instance))
  await world.sockets.close(machineId(instance))
}

function uuidOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
