import type { World } from './call.ts'
import { instanceTypes } from './instance-types.ts'
import { metadataHandler } from './metadata.ts'
import { defaultVpc } from './network.ts'
import type { InstanceRecord } from './records.ts'
import { account } from './signature.ts'

const largestMemoryMiB = 4096

/** What EC2 calls a host of this private address. */
function hostnameOf(instance: Pick<InstanceRecord, 'privateAddress'>): string {
  return `ip-${instance.privateAddress.replaceAll('.', '-')}`
}

/** The instance's full private name. https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html */
export function privateName(instance: InstanceRecord, region: string): string {
  return `${hostnameOf(instance)}.${region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`}`
}

async function openMetadata(world: World, region: string, instance: InstanceRecord): Promise<string> {
  const here = world.records[region]
  return world.sockets.open(
    instance.id,
    metadataHandler({
      id: instance.id,
      imageId: instance.imageId,
      type: instance.type,
      region,
      zone: instance.zone,
      account,
      hostname: privateName(instance, region),
      mac: instance.mac,
      privateAddress: instance.privateAddress,
      publicAddress: instance.publicAddress,
      subnetId: instance.subnetId,
      vpcId: defaultVpc(region),
      ...(instance.keyName && instance.openssh && { publicKey: { name: instance.keyName, openssh: instance.openssh } }),
      ...(instance.userData !== undefined && { userData: instance.userData }),
      securityGroups: instance.groupIds.map((id) => here?.securityGroups[id]?.name ?? 'default'),
      tokens: instance.metadata.tokens,
      reservationId: instance.reservationId,
      launchedAt: new Date(instance.launchedAt).toISOString(),
    }),
  )
}

/** Makes the instance really run; safe to repeat, and done again for every running instance when the daemon restarts. */
export async function startMachine(world: World, region: string, instance: InstanceRecord): Promise<void> {
  const root = Object.values(world.records[region]?.volumes ?? {}).find(
    (volume) => volume.attachment?.instanceId === instance.id && volume.attachment.device === instance.rootDevice,
  )
  if (root?.file === undefined) return
  await world.machines.start({
    id: instance.id,
    disk: await world.disks.path(root.file),
    hostname: hostnameOf(instance),
    mac: instance.mac,
    privateAddress: `${instance.privateAddress}/20`,
    publicAddress: instance.publicAddress,
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
    firmware: {
      bios_vendor: 'Amazon EC2',
      sys_vendor: 'Amazon EC2',
      product_name: instance.type,
      product_uuid: instance.uuid,
      product_serial: instance.uuid,
      board_asset_tag: instance.id,
    },
    metadataAddress: '169.254.169.254:80',
    metadataSocket: await openMetadata(world, region, instance),
    memoryMiB: Math.min(largestMemoryMiB, instanceTypes[instance.type]?.memoryMiB ?? largestMemoryMiB),
  })
}

/** Stops the instance's machine and its metadata service; its disk is consistent afterwards. */
export async function stopMachine(world: World, instance: InstanceRecord): Promise<void> {
  await world.machines.stop(instance.id)
  await world.sockets.close(instance.id)
}
