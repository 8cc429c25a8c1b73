import { addressOf } from './addresses.ts'
import type { World } from './call.ts'
import { instanceTypeOf } from './instance-types.ts'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

const largestMemoryMiB = 4096

/** Makes the instance really run; safe to repeat. Root logs in, as in Alibaba Cloud's own images. */
export async function startMachine(world: World, instance: InstanceRecord): Promise<void> {
  const { disks, keyPairs } = world.records
  const disk = disks[instance.diskId]
  if (disk === undefined) return
  const key = instance.keyName === undefined ? undefined : keyPairs[`${instance.region}/${instance.keyName}`]
  const publicAddress = addressOf(world, instance.id)?.address ?? instance.door
  await world.machines.start({
    id: instance.id,
    disk: await world.disks.path(disk.file),
    hostname: instance.hostName,
    mac: instance.mac,
    privateAddress: `${instance.privateAddress}/${instance.privateBits}`,
    publicAddress,
    // By this cloud-init knows where it is.
    firmware: {
      sys_vendor: 'Alibaba Cloud',
      product_name: 'Alibaba Cloud ECS',
      product_serial: instance.id,
      chassis_vendor: 'Alibaba Cloud',
    },
    // https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata (2026-11)
    metadataAddress: '100.100.100.200:80',
    metadataSocket: await world.sockets.open(instance.id, metadataHandler(instance, key?.openssh, publicAddress)),
    cloudInit: {
      datasource_list: ['AliYun'],
      users: [{ name: 'root', lock_passwd: false }],
      disable_root: false,
    },
    memoryMiB: Math.min(largestMemoryMiB, instanceTypeOf(instance.instanceType).memoryGiB * 1024),
  })
}

/** Stops the instance's machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, instance: InstanceRecord): Promise<void> {
  await world.machines.stop(instance.id)
  await world.sockets.close(instance.id)
}
