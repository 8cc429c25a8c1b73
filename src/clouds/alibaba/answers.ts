import type { Address, AlibabaImage, AlibabaInstance, SecurityGroup, Tags, VSwitch } from './port.ts'

/** An object as Alibaba Cloud's APIs answer it. */
export type Json = { readonly [name: string]: unknown }

/** An object, or an empty one when it is not there. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** A member that is text, and says something. */
export function textOf(value: Json, name: string): string | undefined {
  const found = value[name]
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** The items of a list, which is answered as an object with one member: `Images: { Image: [] }`. */
export function itemsOf(answer: Json, list: string, item: string): readonly Json[] {
  const items = objectOf(answer[list])[item]
  return Array.isArray(items) ? items.map(objectOf) : []
}

/** The same, of a list of strings. */
export function textsOf(answer: Json, list: string, item: string): readonly string[] {
  const items = objectOf(answer[list])[item]
  return Array.isArray(items) ? items.map(String) : []
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeimages (2026-11) */
export function imageOf(image: Json): AlibabaImage {
  return {
    id: textOf(image, 'ImageId') ?? '',
    name: textOf(image, 'ImageName') ?? '',
    description: textOf(image, 'Description') ?? '',
    status: textOf(image, 'Status') ?? 'UnAvailable',
    createdAt: textOf(image, 'CreationTime') ?? '',
    family: textOf(image, 'ImageFamily'),
    copied: image.IsCopied === true,
    public: image.IsPublic === true,
    bootMode: textOf(image, 'BootMode') ?? 'BIOS',
    nvme: textOf(objectOf(image.Features), 'NvmeSupport') === 'supported',
    tags: tagsOf(image),
    snapshots: itemsOf(image, 'DiskDeviceMappings', 'DiskDeviceMapping').flatMap(
      (disk) => textOf(disk, 'SnapshotId') ?? [],
    ),
  }
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinstances (2026-11) */
export function instanceOf(instance: Json): AlibabaInstance {
  const [own] = textsOf(instance, 'PublicIpAddress', 'IpAddress')
  const [inner] = textsOf(objectOf(instance.VpcAttributes), 'PrivateIpAddress', 'IpAddress')
  return {
    id: textOf(instance, 'InstanceId') ?? '',
    name: textOf(instance, 'InstanceName') ?? '',
    status: textOf(instance, 'Status') ?? 'Pending',
    tags: tagsOf(instance),
    publicAddress: textOf(objectOf(instance.EipAddress), 'IpAddress') ?? own,
    privateAddress: inner,
    securityGroups: textsOf(instance, 'SecurityGroupIds', 'SecurityGroupId'),
  }
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describesecuritygroups (2026-11) */
export function securityGroupOf(group: Json): SecurityGroup {
  return { id: textOf(group, 'SecurityGroupId') ?? '', tags: tagsOf(group) }
}

/** https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-describevswitches (2026-11) */
export function vswitchOf(vswitch: Json): VSwitch {
  return {
    id: textOf(vswitch, 'VSwitchId') ?? '',
    vpcId: textOf(vswitch, 'VpcId') ?? '',
    zone: textOf(vswitch, 'ZoneId') ?? '',
  }
}

/** https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-describeeipaddresses (2026-11) */
export function addressOf(address: Json): Address {
  return {
    id: textOf(address, 'AllocationId') ?? '',
    status: textOf(address, 'Status') ?? 'Available',
    instanceId: textOf(address, 'InstanceId'),
  }
}

/** ECS answers `TagKey` and `TagValue`, VPC `Key` and `Value`. */
function tagsOf(thing: Json): Tags {
  return Object.fromEntries(
    itemsOf(thing, 'Tags', 'Tag').map((tag) => [
      textOf(tag, 'TagKey') ?? textOf(tag, 'Key') ?? '',
      textOf(tag, 'TagValue') ?? textOf(tag, 'Value') ?? '',
    ]),
  )
}
