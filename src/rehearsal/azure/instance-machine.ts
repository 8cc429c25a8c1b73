import { objectIn } from '../kit/json.ts'
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
      // In Azure they come with the metadata, which cloud-init asks for only after DHCP.
      ssh_authorized_keys: keys,
      ...(isStock(resource) && { runcmd: [['sh', '-ec', installAgent]] }),
    },
    localStage: true,
    files: { '/var/lib/waagent/ovf-env.xml': provisioningDocument(resource.name, user) },
    memoryMiB: Math.min(largestMemoryMiB, memoryMiB),
  })
}

/** Azure's own images have the agent, so a machine from one gets it at its first start. Its package makes its folder itself. */
const installAgent = [
  'mv /var/lib/waagent /run/waagent',
  'apt-get -q update',
  'DEBIAN_FRONTEND=noninteractive apt-get -q -y install waagent',
  'cp -r /run/waagent/. /var/lib/waagent/',
].join('; ')

function isStock({ properties }: ResourceRecord): boolean {
  return objectIn(objectIn(properties.storageProfile).imageReference).publisher !== undefined
}

/** What Azure gives a new machine on a CD, and the agent copies from there. */
function provisioningDocument(hostName: string, user: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:wa="http://schemas.microsoft.com/windowsazure">
  <wa:ProvisioningSection>
    <wa:Version>1.0</wa:Version>
    <wa:LinuxProvisioningConfigurationSet>
      <wa:ConfigurationSetType>LinuxProvisioningConfiguration</wa:ConfigurationSetType>
      <wa:UserName>${user}</wa:UserName>
      <wa:DisableSshPasswordAuthentication>true</wa:DisableSshPasswordAuthentication>
      <wa:HostName>${hostName}</wa:HostName>
    </wa:LinuxProvisioningConfigurationSet>
  </wa:ProvisioningSection>
  <wa:PlatformSettingsSection>
    <wa:Version>1.0</wa:Version>
    <wa:PlatformSettings>
      <wa:ProvisionGuestAgent>true</wa:ProvisionGuestAgent>
    </wa:PlatformSettings>
  </wa:PlatformSettingsSection>
</Environment>
`
}

/** Stops the machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, { vmId }: MachineRecord): Promise<void> {
  await world.machines.stop(vmId)
  await world.sockets.close(vmId)
}
