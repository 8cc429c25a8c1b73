import { randomBytes, randomUUID } from 'node:crypto'
import { awsError, notImplemented } from './aws-error.ts'
import { blockDeviceMembers, overlaidDevices, type WantedDisk } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { findImage, findSnapshot } from './find.ts'
import { newId } from './ids.ts'
import { releaseVolumes } from './instance-lifecycle.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { instanceTypes } from './instance-types.ts'
import { reservationOutput } from './instances.ts'
import { findKeyPair } from './key-pairs.ts'
import { encryption } from './kms.ts'
import { findSubnet, freePrivateAddress, freePublicAddress, type Subnet, subnetsOf } from './network.ts'
import type { ImageRecord, InstanceRecord, VolumeRecord } from './records.ts'
import { launchGroups } from './security-groups.ts'
import { imageState } from './states.ts'
import { checkTagKinds, requestedTags } from './tags.ts'
import { oncePerToken } from './tokens.ts'

const created = ['instance', 'volume', 'network-interface']

const maxUserDataBytes = 16 * 1024

/** The image, if it can be launched on the type asked for. */
function launchable(call: Call, type: string): ImageRecord {
  const image = findImage(call, call.input.need('ImageId'))
  const state = imageState(image, call.now)
  if (state !== 'available') {
    throw awsError('InvalidAMIID.Unavailable', `The image id '[${image.id}]' is not available: its state is ${state}`)
  }
  const properties = instanceTypes[type]
  if (properties === undefined) {
    throw notImplemented(`the instance type ${type}; it offers ${Object.keys(instanceTypes).join(', ')}`)
  }
  if (properties.architecture !== image.architecture) {
    throw awsError(
      'InvalidParameterValue',
      `The architecture '${properties.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
    )
  }
  return image
}

interface Network {
  readonly subnet: Subnet
  readonly groupIds: readonly string[]
}

/** Subnet and groups, asked for at the top level or in the one network interface; never in both, as on EC2. */
function networkOf(call: Call): Network {
  const { input, region } = call
  const interfaces = input.many('NetworkInterfaces')
  if (interfaces.length > 1) throw notImplemented('more than one network interface')
  const first = interfaces[0]
  const topGroups = [...input.texts('SecurityGroupIds'), ...input.texts('SecurityGroups')]
  if (first !== undefined && (topGroups.length > 0 || input.text('SubnetId') !== undefined)) {
    throw awsError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    )
  }
  const subnetId = first?.text('SubnetId') ?? input.text('SubnetId')
  const zone = input.one('Placement')?.text('AvailabilityZone')
  const subnets = subnetsOf(region)
  const subnet =
    subnetId === undefined
      ? subnets.find((each) => zone === undefined || each.zone === zone)
      : findSubnet(region, subnetId)
  if (subnet === undefined) throw awsError('InvalidParameterValue', `Invalid availability zone: [${zone}]`)
  const ids = first === undefined ? input.texts('SecurityGroupIds') : first.texts('Groups')
  return { subnet, groupIds: launchGroups(call, ids, input.texts('SecurityGroups')) }
}

async function makeVolume(call: Call, disk: WantedDisk, instanceId: string, zone: string): Promise<VolumeRecord> {
  const { device, deleteOnTermination, snapshotId = '', encryptedAsked, kmsKeyId, encrypted, ...size } = disk
  const snapshot = snapshotId === '' ? undefined : findSnapshot(call, snapshotId)
  const sealed =
    snapshot?.encrypted && kmsKeyId === undefined
      ? { encrypted: true, ...(snapshot.kmsKeyId && { kmsKeyId: snapshot.kmsKeyId }) }
      : encryption(call, encryptedAsked ?? encrypted, kmsKeyId)
  return {
    id: newId('vol'),
    ...size,
    ...sealed,
    snapshotId,
    zone,
    createdAt: call.now,
    ...(snapshot && { file: await call.world.disks.copy(snapshot.file, disk.sizeGiB) }),
    attachment: { instanceId, device, at: call.now, deleteOnTermination },
    tags: requestedTags(call.input, 'volume'),
  }
}

function userDataOf(call: Call): { readonly userData?: string } {
  const userData = call.input.text('UserData')
  if (userData === undefined) return {}
  if (!/^[A-Za-z0-9+/=\s]*$/.test(userData))
    throw awsError('InvalidParameterValue', 'Invalid BASE64 encoding of user data.')
  if (Buffer.from(userData, 'base64').length > maxUserDataBytes) {
    throw awsError('InvalidParameterValue', `User data is limited to ${maxUserDataBytes} bytes`)
  }
  return { userData }
}

function metadataOptions(call: Call, image: ImageRecord): InstanceRecord['metadata'] {
  const options = call.input.one('MetadataOptions')
  const required = image.imds === 'v2.0'
  return {
    tokens:
      (options?.text('HttpTokens') ?? (required ? 'required' : 'optional')) === 'required' ? 'required' : 'optional',
    hopLimit: options?.number('HttpPutResponseHopLimit') ?? (required ? 2 : 1),
    tags: options?.text('InstanceMetadataTags') ?? 'disabled',
  }
}

function randomMac(): string {
  // 06 is locally administered, and what EC2 uses in several regions.
  return `06:${randomBytes(5)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:')}`
}

async function launchOne(call: Call, reservationId: string): Promise<InstanceRecord> {
  const { input } = call
  const type = input.text('InstanceType') ?? 'm1.small'
  if (input.one('EnclaveOptions')?.flag('Enabled')) throw notImplemented('Nitro enclaves')
  const image = launchable(call, type)
  const { subnet, groupIds } = networkOf(call)
  const keyName = input.text('KeyName')
  const openssh = keyName === undefined ? undefined : findKeyPair(call, keyName).openssh
  const disks = overlaidDevices(call, image.mappings, input.many('BlockDeviceMappings'))
  const instance: InstanceRecord = {
    id: newId('i'),
    reservationId,
    imageId: image.id,
    type,
    architecture: image.architecture,
    rootDevice: image.rootDevice,
    ...(image.bootMode && { bootMode: image.bootMode }),
    ena: image.ena,
    ...(keyName && { keyName }),
    ...(openssh && { openssh }),
    zone: subnet.zone,
    subnetId: subnet.id,
    privateAddress: freePrivateAddress(call, subnet),
    publicAddress: freePublicAddress(call),
    mac: randomMac(),
    interfaceId: newId('eni'),
    uuid: randomUUID().replace(/^.{3}/, 'ec2'),
    launchedAt: call.now,
    shutdownBehavior: input.text('InstanceInitiatedShutdownBehavior') ?? 'stop',
    metadata: metadataOptions(call, image),
    detailedMonitoring: input.one('Monitoring')?.flag('Enabled') ?? false,
    ebsOptimized: input.flag('EbsOptimized') ?? false,
    ...userDataOf(call),
    interfaceTags: requestedTags(input, 'network-interface'),
    groupIds,
    sourceDestCheck: true,
    apiTermination: !(input.flag('DisableApiTermination') ?? false),
    target: 'running',
    changedAt: call.now,
    tags: requestedTags(input, 'instance'),
  }
  const volumes = await Promise.all(disks.map((disk) => makeVolume(call, disk, instance.id, subnet.zone)))
  for (const volume of volumes) call.here.volumes[volume.id] = volume
  call.here.instances[instance.id] = instance
  const own = call.here.images[image.id]
  if (own !== undefined) own.lastLaunchedAt = call.now
  return instance
}

/** What EC2 does with an instance that cannot start: it goes straight to terminated. */
async function giveUp(call: Call, instance: InstanceRecord): Promise<void> {
  instance.target = 'terminated'
  await stopMachine(call.world, instance)
  await releaseVolumes(call.world, call.here, instance)
}

/** Refuses, before anything is made, the request that cannot be met. */
async function launch(call: Call): Promise<string> {
  const { input } = call
  checkTagKinds(input, created)
  const count = input.number('MaxCount') ?? 1
  const least = input.number('MinCount') ?? 1
  if (least < 1 || least > count) {
    throw awsError(
      'InvalidParameterValue',
      `Value (${least}) for parameter minCount is invalid. It must be between 1 and maxCount (${count})`,
    )
  }
  if (count > maxInstances)
    throw awsError(
      'InstanceLimitExceeded',
      `You have requested more instances (${count}) than your current instance limit of ${maxInstances} allows.`,
    )
  return oncePerToken(call, async (remember) => {
    const reservationId = newId('r')
    const instances: InstanceRecord[] = []
    for (let made = 0; made < count; made += 1) instances.push(await launchOne(call, reservationId))
    remember(reservationId)
    // On record before they run: after a crash the daemon starts what the records say is running.
    call.world.save()
    try {
      for (const instance of instances) await startMachine(call.world, call.region, instance)
    } catch (error) {
      for (const instance of instances) await giveUp(call, instance)
      throw error
    }
    return reservationId
  })
}

const maxInstances = 16

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
export const runInstancesOperation: Operations = {
  RunInstances: {
    supports: [
      ...blockDeviceMembers,
      // No effect on what can be rehearsed: there are no capacity reservations and no CPU credits.
      'CapacityReservationSpecification.CapacityReservationPreference',
      'ClientToken',
      'CreditSpecification',
      'DisableApiTermination',
      'EbsOptimized',
      'EnclaveOptions',
      'ImageId',
      'InstanceInitiatedShutdownBehavior',
      'InstanceType',
      'KeyName',
      'MaxCount',
      'MetadataOptions',
      'MinCount',
      'Monitoring',
      ...['AssociatePublicIpAddress', 'DeleteOnTermination', 'Description', 'DeviceIndex', 'Groups', 'SubnetId'].map(
        (name) => `NetworkInterfaces.${name}`,
      ),
      'Placement.AvailabilityZone',
      'Placement.Tenancy',
      'SecurityGroupIds',
      'SecurityGroups',
      'SubnetId',
      'TagSpecifications',
      'UserData',
    ],
    creates: created,
    run: async (call) => reservationOutput(call, await launch(call)),
  },
}
