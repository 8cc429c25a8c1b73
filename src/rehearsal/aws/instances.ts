import type { Output } from './answer.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { findInstance, volumesOf } from './find.ts'
import { privateName } from './instance-machine.ts'
import { defaultVpc } from './network.ts'
import type { InstanceRecord } from './records.ts'
import { groupReferences } from './security-groups.ts'
import { account } from './signature.ts'
import { durationsMs, instanceState } from './states.ts'
import { tagList } from './tags.ts'

const instanceFilters: Filters<InstanceRecord> = {
  architecture: (instance) => instance.architecture,
  'availability-zone': (instance) => instance.zone,
  'block-device-mapping.volume-id': (instance, call) => volumesOf(call, instance).map((volume) => volume.id),
  dns: () => undefined,
  'image-id': (instance) => instance.imageId,
  'instance-id': (instance) => instance.id,
  'instance-state-code': (instance, call) => instanceState(instance, call.now).Code,
  'instance-state-name': (instance, call) => instanceState(instance, call.now).Name,
  'instance-type': (instance) => instance.type,
  'instance.group-id': (instance) => instance.groupIds,
  'ip-address': (instance) => instance.publicAddress,
  'key-name': (instance) => instance.keyName,
  'owner-id': () => account,
  'private-ip-address': (instance) => instance.privateAddress,
  'reservation-id': (instance) => instance.reservationId,
  'root-device-name': (instance) => instance.rootDevice,
  'root-device-type': () => 'ebs',
  'subnet-id': (instance) => instance.subnetId,
  'vpc-id': (_, call) => defaultVpc(call.region),
}

function interfaceOutput(instance: InstanceRecord, call: Call): Output {
  return {
    NetworkInterfaceId: instance.interfaceId,
    MacAddress: instance.mac,
    PrivateIpAddress: instance.privateAddress,
    PrivateDnsName: privateName(instance, call.region),
    SubnetId: instance.subnetId,
    VpcId: defaultVpc(call.region),
    OwnerId: account,
    Status: 'in-use',
    SourceDestCheck: instance.sourceDestCheck,
    Groups: groupReferences(call, instance.groupIds),
    Association: { PublicIp: instance.publicAddress, IpOwnerId: 'amazon' },
    Attachment: {
      DeviceIndex: 0,
      Status: 'attached',
      DeleteOnTermination: true,
      AttachTime: new Date(instance.launchedAt).toISOString(),
    },
  }
}

function instanceOutput(instance: InstanceRecord, call: Call): Output {
  const state = instanceState(instance, call.now)
  const gone = state.Name === 'terminated'
  const addressed = state.Name === 'pending' || state.Name === 'running'
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.type,
    State: { Code: state.Code, Name: state.Name },
    StateTransitionReason:
      instance.target === 'running' ? '' : `User initiated (${new Date(instance.changedAt).toISOString()})`,
    PrivateDnsName: gone ? '' : privateName(instance, call.region),
    // Without a public DNS name clients take the address, which no resolver could give for such a name.
    PublicDnsName: '',
    PrivateIpAddress: gone ? undefined : instance.privateAddress,
    PublicIpAddress: addressed ? instance.publicAddress : undefined,
    KeyName: instance.keyName,
    AmiLaunchIndex: 0,
    LaunchTime: new Date(instance.launchedAt).toISOString(),
    Placement: { AvailabilityZone: instance.zone, Tenancy: 'default' },
    Monitoring: { State: instance.detailedMonitoring ? 'enabled' : 'disabled' },
    SubnetId: gone ? undefined : instance.subnetId,
    VpcId: gone ? undefined : defaultVpc(call.region),
    Architecture: instance.architecture,
    RootDeviceType: 'ebs',
    RootDeviceName: instance.rootDevice,
    BlockDeviceMappings: volumesOf(call, instance).map((volume) => ({
      DeviceName: volume.attachment?.device,
      Ebs: {
        VolumeId: volume.id,
        Status: 'attached',
        AttachTime: new Date(volume.attachment?.at ?? 0).toISOString(),
        DeleteOnTermination: volume.attachment?.deleteOnTermination,
      },
    })),
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EbsOptimized: instance.ebsOptimized,
    EnaSupport: instance.ena,
    BootMode: instance.bootMode,
    SecurityGroups: gone ? [] : groupReferences(call, instance.groupIds),
    SourceDestCheck: instance.sourceDestCheck,
    NetworkInterfaces: gone ? [] : [interfaceOutput(instance, call)],
    MetadataOptions: {
      State: 'applied',
      HttpTokens: instance.metadata.tokens,
      HttpPutResponseHopLimit: instance.metadata.hopLimit,
      HttpEndpoint: 'enabled',
      InstanceMetadataTags: instance.metadata.tags,
    },
    Tags: tagList(instance.tags),
  }
}

/** A reservation as RunInstances answers it: all instances launched together. */
export function reservationOutput(call: Call, reservationId: string): { readonly [name: string]: Output } {
  const instances = Object.values(call.here.instances).filter((each) => each.reservationId === reservationId)
  return {
    ReservationId: reservationId,
    OwnerId: account,
    Instances: instances.map((instance) => instanceOutput(instance, call)),
  }
}

/** Instances that EC2 still shows: terminated ones for about an hour. */
function visible(call: Call): readonly InstanceRecord[] {
  return Object.values(call.here.instances).filter(
    (each) => each.target !== 'terminated' || call.now < each.changedAt + durationsMs.forgetTerminated,
  )
}

function asked(call: Call): readonly InstanceRecord[] {
  const ids = call.input.texts('InstanceIds')
  return ids.length > 0 ? ids.map((id) => findInstance(call, id)) : visible(call)
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html, …InstanceStatus. */
export const instanceOperations: Operations = {
  DescribeInstances: {
    supports: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const { items, next } = filtered(call, asked(call), instanceFilters)
      return {
        Reservations: items.map((instance) => ({
          ReservationId: instance.reservationId,
          OwnerId: account,
          Instances: [instanceOutput(instance, call)],
        })),
        NextToken: next,
      }
    },
  },
  DescribeInstanceStatus: {
    supports: ['InstanceIds', 'IncludeAllInstances', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const all = call.input.flag('IncludeAllInstances') === true
      const shown = asked(call).filter((each) => all || instanceState(each, call.now).Name === 'running')
      const { items, next } = filtered(call, shown, instanceFilters)
      return {
        InstanceStatuses: items.map((instance) => {
          const { Code, Name } = instanceState(instance, call.now)
          const health = { Status: Name === 'running' ? 'ok' : 'not-applicable' }
          return {
            InstanceId: instance.id,
            AvailabilityZone: instance.zone,
            InstanceState: { Code, Name },
            InstanceStatus: health,
            SystemStatus: health,
          }
        }),
        NextToken: next,
      }
    },
  },
}
