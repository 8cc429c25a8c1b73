import type { World } from './call.ts'
import { metadataHandler } from './metadata.ts'
import { privateAddressOf, publicAddressOf } from './network.ts'
import type { MachineRecord, ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'

const largestMemoryMiB = 4096

/** The firmware of Azure's hosts: https://learn.microsoft.com/azure/virtual-machines/linux/provisioning (2026-11); cloud-init knows Azure by the asset tag. */
const chassis = '7783-7084-3265-9085-8269-3286-77'

/** Makes the virtual machine really run; safe to repeat. */
export async function startMachine(world: World, resource: ResourceRecord): Promise<void> {
  const { machine } = resource
  const disk = world.records.resources[keyOf(machine?.disk ?? '')]
  const card = world.records.resources[keyOf(machine?.networkInterface ?? '')]
  if (machine === undefined || disk?.file === undefined || card === undefined) return
  const { vmId, user, keys, memoryMiB } = machine
  await world.machines.start({
    id: vmId,
    disk: await world.disks.path(disk.file),
    hostname: resource.name,
    mac: String(card.properties.macAddress).toLowerCase().replaceAll('-', ':'),
    privateAddress: `${privateAddressOf(card)}/24`,
    publicAddress: publicAddressOf({ world }, card) ?? '',
    firmware: {
      bios_vendor: 'Microsoft Corporation',
      sys_vendor: 'Microsoft Corporation',
      product_name: 'Virtual Machine',
      product_uuid: vmId,
      chassis_asset_tag: chassis,
      chassis_vendor: 'Microsoft Corporation',
    },
    metadataAddress: '169.254.169.254:80',
    metadataSocket: await world.sockets.open(vmId, metadataHandler(resource, card, publicAddressOf({ world }, card))),
    cloudInit: {
      datasource_list: ['Azure'],
      system_info: { default_user: { name: user } },
      ssh_authorized_keys: keys,
    },
    memoryMiB: Math.min(largestMemoryMiB, memoryMiB),
  })
}

/** Stops the machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, { vmId }: MachineRecord): Promise<void> {
  await world.machines.stop(vmId)
  await world.sockets.close(vmId)
}
