import { randomBytes } from 'node:crypto'
import type { Json } from '../kit/json.ts'
import { addressOf, freeDoor } from './addresses.ts'
import { alibabaError, notImplemented } from './alibaba-error.ts'
import type { Call, Operation, Operations } from './call.ts'
import { findInstance } from './find-instance.ts'
import { launchable } from './images.ts'
import type { Input } from './input.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { instanceTypeOf } from './instance-types.ts'
import { findKeyPair } from './key-pairs.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { findVSwitch, freePrivateAddress } from './network.ts'
import { newId } from './places.ts'
import type { InstanceRecord } from './records.ts'
import { findGroup } from './security-groups.ts'
import { instanceStatus } from './states.ts'
import { oncePerToken } from './tokens.ts'

const categories = ['cloud_essd', 'cloud_essd_entry', 'cloud_auto', 'cloud_ssd', 'cloud_efficiency', 'cloud']

/** The system disk that is asked for; the two operations name its members differently. */
function wantedDisk(input: Input, imageGb: number): { readonly sizeGb: number; readonly category: string } {
  const sizeGb = input.number('SystemDisk.Size') ?? imageGb
  if (sizeGb < imageGb)
    throw alibabaError(
      'InvalidSystemDiskSize.LessThanImageSize',
      'The specified parameter SystemDisk.Size is less than the image size.',
    )
  const category = input.text('SystemDisk.Category') ?? 'cloud_essd'
  if (!categories.includes(category)) throw notImplemented(`the disk category ${category}`)
  return { sizeGb, category }
}

/** Makes an instance with its disk that does not run yet. */
async function make(call: Call, isPublic: boolean): Promise<InstanceRecord> {
  const { input, region, world, now } = call
  const { image, file } = launchable(call)
  const type = input.need('InstanceType')
  const { architecture } = instanceTypeOf(type)
  if (architecture !== image.architecture)
    throw alibabaError(
      'InvalidInstanceType.NotSupportImage',
      `The instance type ${type} is ${architecture}, and the image ${image.architecture}.`,
    )
  const vswitch = findVSwitch(call, input.need('VSwitchId'))
  const zone = input.text('ZoneId') ?? vswitch.zone
  if (zone !== vswitch.zone) throw alibabaError('InvalidVSwitchId.ZoneMismatch', 'The VSwitch is in another zone.')
  const groups = [
    ...input.texts('SecurityGroupIds'),
    ...(input.text('SecurityGroupId') ?? '').split(',').filter(Boolean),
  ]
  if (groups.length === 0) throw alibabaError('MissingParameter.SecurityGroupId', 'A security group is mandatory.')
  for (const id of groups)
    if (findGroup(call, id).vpcId !== vswitch.vpcId)
      throw alibabaError('InvalidSecurityGroupId.VPCMismatch', 'The security group is in another VPC than the VSwitch.')
  const keyName = input.text('KeyPairName')
  if (keyName !== undefined) findKeyPair(call, keyName)
  const { sizeGb, category } = wantedDisk(input, image.sizeGb)
  const id = newId('i', region)
  const tags = input.tags()
  const common = { region, createdAt: now, tags, zone }
  const disk = { id: newId('d', region), name: input.text('SystemDisk.DiskName') ?? '', ...common, category, sizeGb }
  const { address, bits } = freePrivateAddress(call, vswitch)
  const name = input.text('InstanceName') ?? id
  const userData = input.text('UserData')
  const ramRole = input.text('RamRoleName')
  const instance: InstanceRecord = {
    ...{ id, name, ...common, hostName: input.text('HostName') ?? `iZ${id.slice(2)}Z`, imageId: image.id },
    ...{ instanceType: type, vpcId: vswitch.vpcId, vswitchId: vswitch.id, groups, diskId: disk.id },
    ...{ privateAddress: address, privateBits: bits, door: freeDoor(world), isPublic },
    ...{ mac: `00:16:3e:${[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}` },
    ...{ ...(userData && { userData }), ...(ramRole && { ramRole }), ...(keyName && { keyName }) },
    ...{ running: false, changedAt: now },
  }
  world.records.disks[disk.id] = { ...disk, file: await world.disks.copy(file, sizeGb), instanceId: id }
  world.records.instances[id] = instance
  return instance
}

async function start({ world, now }: Call, instance: InstanceRecord): Promise<void> {
  instance.running = true
  instance.changedAt = now
  // Remembered before it runs: a daemon that is killed now finds and ends it.
  world.save()
  await startMachine(world, instance)
}

async function run(call: Call): Promise<Json> {
  if ((call.input.number('Amount') ?? 1) !== 1) throw notImplemented('more than one instance at once')
  const instance = await make(call, (call.input.number('InternetMaxBandwidthOut') ?? 0) > 0)
  try {
    await start(call, instance)
  } catch (error) {
    await removeInstance(call, instance)
    throw error
  }
  return { InstanceIdSets: { InstanceIdSet: [instance.id] }, OrderId: '' }
}

async function stop({ world, now }: Call, instance: InstanceRecord): Promise<void> {
  await stopMachine(world, instance)
  instance.running = false
  instance.changedAt = now
}

/** Ends the instance; its disk goes with it, and an elastic address is free again. */
async function removeInstance({ world }: Call, instance: InstanceRecord): Promise<void> {
  await stopMachine(world, instance)
  delete world.records.instances[instance.id]
  const address = addressOf(world, instance.id)
  if (address !== undefined) delete address.instanceId
  const disk = world.records.disks[instance.diskId]
  delete world.records.disks[instance.diskId]
  if (disk !== undefined) await world.disks.remove(disk.file)
}

function instanceOutput(instance: InstanceRecord, { world, now }: Call): Json {
  const type = instanceTypeOf(instance.instanceType)
  const eip = addressOf(world, instance.id)
  const addresses = (own: string | undefined): Json => ({ IpAddress: own === undefined ? [] : [own] })
  return {
    ...{ InstanceId: instance.id, InstanceName: instance.name, HostName: instance.hostName, ImageId: instance.imageId },
    ...{ InstanceType: instance.instanceType, Cpu: type.cpus, CPU: type.cpus, Memory: type.memoryGiB * 1024 },
    ...{ RegionId: instance.region, ZoneId: instance.zone, Status: instanceStatus(instance, now), OSType: 'linux' },
    ...{ CreationTime: timeOf(instance.createdAt), InstanceChargeType: 'PostPaid', InstanceNetworkType: 'vpc' },
    ...{ KeyPairName: instance.keyName ?? '', IoOptimized: true },
    SecurityGroupIds: { SecurityGroupId: instance.groups },
    PublicIpAddress: addresses(instance.isPublic ? instance.door : undefined),
    InnerIpAddress: addresses(undefined),
    EipAddress: { IpAddress: eip?.address ?? '', AllocationId: eip?.id ?? '' },
    VpcAttributes: {
      ...{ VpcId: instance.vpcId, VSwitchId: instance.vswitchId, NatIpAddress: '' },
      PrivateIpAddress: addresses(instance.privateAddress),
    },
    Tags: tagsOutput(instance.tags),
  }
}

/** What both ways of making an instance are told by. */
const launchParameters = [
  ...['ImageId', 'ImageFamily', 'InstanceType', 'InstanceName', 'HostName', 'KeyPairName', 'SecurityGroupId'],
  ...['VSwitchId', 'ZoneId', 'InternetChargeType', 'InternetMaxBandwidthOut', 'SystemDisk.Category', 'SystemDisk.Size'],
  ...[
    'SystemDisk.DiskName',
    'UserData',
    'RamRoleName',
    'SecurityEnhancementStrategy',
    'IoOptimized',
    'ClientToken',
    'Tag',
  ],
]

/** An operation on one instance. */
function onInstance(
  action: string,
  supports: readonly string[],
  change: (call: Call, instance: InstanceRecord) => Promise<void>,
): Operation {
  return {
    actions: [action],
    supports: ['InstanceId', ...supports],
    run: async (call) => {
      await change(call, findInstance(call, call.input.need('InstanceId')))
      return {}
    },
  }
}

function mustBe(instance: InstanceRecord, running: boolean): void {
  if (instance.running !== running)
    throw alibabaError('IncorrectInstanceStatus', 'The current status of the resource does not support this operation.')
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances and its neighbours (2026-11) */
export const instanceOperations: Operations = {
  DescribeInstances: {
    actions: ['ecs:DescribeInstances'],
    supports: [...listParameters, 'InstanceIds', 'InstanceName', 'VSwitchId', 'VpcId'],
    reads: true,
    run: (call) => {
      const { input, world } = call
      const ids = input.listed('InstanceIds')
      const name = input.text('InstanceName')
      const found = Object.values(world.records.instances)
        .filter(({ id }) => ids.length === 0 || ids.includes(id))
        .filter((one) => name === undefined || one.name === name)
        .filter((one) => one.vswitchId === (input.text('VSwitchId') ?? one.vswitchId))
        .filter((one) => one.vpcId === (input.text('VpcId') ?? one.vpcId))
      return listed(call, 'Instances', 'Instance', found, (instance) => instanceOutput(instance, call))
    },
  },
  RunInstances: {
    actions: ['ecs:RunInstances'],
    supports: [...launchParameters, 'Amount', 'SecurityGroupIds'],
    run: (call) => oncePerToken('RunInstances', call, () => run(call)),
  },
  CreateInstance: {
    actions: ['ecs:CreateInstance'],
    supports: launchParameters,
    run: (call) => oncePerToken('CreateInstance', call, async () => ({ InstanceId: (await make(call, false)).id })),
  },
  StartInstance: onInstance('ecs:StartInstance', [], async (call, instance) => {
    mustBe(instance, false)
    await start(call, instance)
  }),
  StopInstance: onInstance('ecs:StopInstance', ['ForceStop'], async (call, instance) => {
    mustBe(instance, true)
    await stop(call, instance)
  }),
  DeleteInstance: onInstance('ecs:DeleteInstance', ['Force'], async (call, instance) => {
    if (!call.input.flag('Force')) mustBe(instance, false)
    await removeInstance(call, instance)
  }),
  GetInstanceConsoleOutput: {
    actions: ['ecs:GetInstanceConsoleOutput'],
    supports: ['InstanceId'],
    reads: true,
    run: async (call) => {
      const { id } = findInstance(call, call.input.need('InstanceId'))
      return { InstanceId: id, ConsoleOutput: Buffer.from(await call.world.machines.console(id)).toString('base64') }
    },
  },
}
