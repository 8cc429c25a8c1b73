import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Call, Operations, World } from './call.ts'
import { findInstance, volumesOf } from './find.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import type { InstanceRecord, RegionRecords } from './records.ts'
import { findGroup, groupReferences } from './security-groups.ts'
import { instanceState } from './states.ts'

function allAsked(call: Call): readonly InstanceRecord[] {
  return call.input.texts('InstanceIds').map((id) => findInstance(call, id))
}

function refuseState(instance: InstanceRecord, verb: string): never {
  throw awsError(
    'IncorrectInstanceState',
    `The instance '${instance.id}' is not in a state from which it can be ${verb}.`,
  )
}

/** Moves an instance towards `target` and tells EC2's before and after. */
async function move(call: Call, instance: InstanceRecord, target: InstanceRecord['target']): Promise<Output> {
  const before = instanceState(instance, call.now)
  if (instance.target !== target) {
    instance.target = target
    instance.changedAt = call.now
    call.world.save()
    if (target === 'running') await startMachine(call.world, call.region, instance)
    else await stopMachine(call.world, instance)
  }
  const after = instanceState(instance, call.now)
  return {
    InstanceId: instance.id,
    PreviousState: { Code: before.Code, Name: before.Name },
    CurrentState: { Code: after.Code, Name: after.Name },
  }
}

/** What goes with a terminated instance: its volumes that say so. The others are detached and stay. */
export async function releaseVolumes(world: World, here: RegionRecords, instance: InstanceRecord): Promise<void> {
  for (const volume of volumesOf({ here }, instance)) {
    if (volume.attachment?.deleteOnTermination === false) {
      delete volume.attachment
    } else {
      delete here.volumes[volume.id]
      if (volume.file !== undefined) await world.disks.remove(volume.file)
    }
  }
}

async function moveAll(
  call: Call,
  target: InstanceRecord['target'],
  check: (instance: InstanceRecord) => void,
): Promise<readonly Output[]> {
  const instances = allAsked(call)
  for (const instance of instances) check(instance)
  const moved: Output[] = []
  for (const instance of instances) {
    moved.push(await move(call, instance, target))
    if (target === 'terminated') await releaseVolumes(call.world, call.here, instance)
  }
  return moved
}

const attributes: Readonly<Record<string, (instance: InstanceRecord, call: Call) => Readonly<Record<string, Output>>>> =
  {
    disableApiTermination: (instance) => ({ DisableApiTermination: { Value: !instance.apiTermination } }),
    ebsOptimized: (instance) => ({ EbsOptimized: { Value: instance.ebsOptimized } }),
    enaSupport: (instance) => ({ EnaSupport: { Value: instance.ena } }),
    groupSet: (instance, call) => ({ Groups: groupReferences(call, instance.groupIds) }),
    instanceInitiatedShutdownBehavior: (instance) => ({
      InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior },
    }),
    instanceType: (instance) => ({ InstanceType: { Value: instance.type } }),
    rootDeviceName: (instance) => ({ RootDeviceName: { Value: instance.rootDevice } }),
    sourceDestCheck: (instance) => ({ SourceDestCheck: { Value: instance.sourceDestCheck } }),
    sriovNetSupport: () => ({ SriovNetSupport: { Value: 'simple' } }),
    userData: (instance) => ({ UserData: { Value: instance.userData } }),
  }

function modify(call: Call): void {
  const { input } = call
  const instance = findInstance(call, input.need('InstanceId'))
  const ena = input.one('EnaSupport')
  if (ena !== undefined && instanceState(instance, call.now).Name !== 'stopped') {
    throw awsError('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`)
  }
  instance.sourceDestCheck = input.one('SourceDestCheck')?.flag('Value') ?? instance.sourceDestCheck
  instance.apiTermination = !(input.one('DisableApiTermination')?.flag('Value') ?? !instance.apiTermination)
  instance.ena = ena?.flag('Value') ?? instance.ena
  const groups = input.texts('Groups')
  if (groups.length > 0) instance.groupIds = groups.map((id) => findGroup(call, id).id)
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html and its neighbours. */
export const instanceLifecycleOperations: Operations = {
  StartInstances: {
    supports: ['InstanceIds'],
    run: async (call) => ({
      StartingInstances: await moveAll(call, 'running', (instance) => {
        const { Name } = instanceState(instance, call.now)
        if (Name !== 'stopped' && Name !== 'running' && Name !== 'pending') refuseState(instance, 'started')
      }),
    }),
  },
  StopInstances: {
    supports: ['InstanceIds', 'Force'],
    run: async (call) => ({
      StoppingInstances: await moveAll(call, 'stopped', (instance) => {
        if (instance.target === 'terminated') refuseState(instance, 'stopped')
      }),
    }),
  },
  RebootInstances: {
    supports: ['InstanceIds'],
    run: async (call) => {
      for (const instance of allAsked(call)) {
        if (instance.target !== 'running') refuseState(instance, 'rebooted')
        await stopMachine(call.world, instance)
        await startMachine(call.world, call.region, instance)
      }
      return undefined
    },
  },
  TerminateInstances: {
    supports: ['InstanceIds', 'Force', 'SkipOsShutdown'],
    run: async (call) => ({
      TerminatingInstances: await moveAll(call, 'terminated', (instance) => {
        if (instance.target !== 'terminated' && !instance.apiTermination) {
          throw awsError(
            'OperationNotPermitted',
            `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
          )
        }
      }),
    }),
  },
  GetConsoleOutput: {
    supports: ['InstanceId', 'Latest'],
    run: async (call) => {
      const instance = findInstance(call, call.input.need('InstanceId'))
      const output = await call.world.machines.console(instance.id)
      return {
        InstanceId: instance.id,
        Timestamp: new Date(call.now).toISOString(),
        // EC2 keeps the last 64 KiB.
        Output: Buffer.from(output).subarray(-65_536).toString('base64'),
      }
    },
  },
  DescribeInstanceAttribute: {
    supports: ['InstanceId', 'Attribute'],
    run: (call) => {
      const instance = findInstance(call, call.input.need('InstanceId'))
      const attribute = call.input.need('Attribute')
      const read = attributes[attribute]
      if (read === undefined) throw notImplemented(`the instance attribute ${attribute}`)
      return { InstanceId: instance.id, ...read(instance, call) }
    },
  },
  ModifyInstanceAttribute: {
    supports: ['InstanceId', 'DisableApiTermination', 'EnaSupport', 'Groups', 'SourceDestCheck', 'SriovNetSupport'],
    run: (call) => {
      modify(call)
      return undefined
    },
  },
}
