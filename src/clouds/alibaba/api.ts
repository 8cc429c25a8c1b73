import { SindriError } from '../../core/error.ts'
import {
  addressOf,
  imageOf,
  instanceOf,
  itemsOf,
  objectOf,
  securityGroupOf,
  textOf,
  textsOf,
  vswitchOf,
} from './answers.ts'
import { openClient, type Parameters } from './api-client.ts'
import type { AlibabaApi, AlibabaHome, NetworkQuery, TagFilter, Tags } from './port.ts'

/** Every state an image can be in; by default only those that are available are told. */
const anyStatus = 'Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated'

/**
 * Alibaba Cloud as Sindri uses it.
 * https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-overview (read 2026-11)
 */
export function connectAlibaba({ credentials, region: home }: AlibabaHome): AlibabaApi {
  const { call, all, keys } = openClient(credentials)
  const done = async (what: string, region: string, parameters: Parameters): Promise<void> => {
    await call(what, region, parameters)
  }

  return {
    keys,
    async identity() {
      const answer = await call('sts:GetCallerIdentity', home, {})
      return { arn: textOf(answer, 'Arn') ?? '', account: textOf(answer, 'AccountId') ?? '' }
    },

    async regions() {
      const answer = await call('ecs:DescribeRegions', home, {})
      return itemsOf(answer, 'Regions', 'Region').flatMap((one) => textOf(one, 'RegionId') ?? [])
    },

    async images(region, { id, name, tags }) {
      const asked = { ImageId: id, ImageName: name, ...filter(tags), ImageOwnerAlias: 'self', Status: anyStatus }
      const found = await all('ecs:DescribeImages', region, asked, { list: 'Images', item: 'Image' })
      return found.map(imageOf)
    },

    async newestOf(region, family) {
      const answer = await call('ecs:DescribeImageFromFamily', region, { ImageFamily: family })
      const id = textOf(objectOf(answer.Image), 'ImageId')
      if (id !== undefined) return id
      throw new SindriError('not-found', `there is no image of the family ${family} in ${region}`, {
        hint: 'write the id of an image of the region as build.base (m-…, or the name of a public one that ends with .vhd)',
      })
    },

    async copyImage(region, { source, to, name, description, encrypted, kmsKeyId, tags, token }) {
      const answer = await call('ecs:CopyImage', region, {
        ImageId: source,
        DestinationRegionId: to,
        DestinationImageName: name,
        DestinationDescription: description === '' ? undefined : description,
        ...(encrypted && { Encrypted: true, KMSKeyId: kmsKeyId }),
        ClientToken: token,
        Tag: list(tags),
      })
      return textOf(answer, 'ImageId') ?? ''
    },

    cancelCopy: (region, id) => done('ecs:CancelCopyImage', region, { ImageId: id }),
    deleteImage: (region, id) => done('ecs:DeleteImage', region, { ImageId: id, Force: true }),
    async snapshots(region, tags) {
      const listing = { list: 'Snapshots', item: 'Snapshot' }
      const found = await all('ecs:DescribeSnapshots', region, filter(tags), listing)
      return found.flatMap((one) => textOf(one, 'SnapshotId') ?? [])
    },
    deleteSnapshot: (region, id) => done('ecs:DeleteSnapshot', region, { SnapshotId: id, Force: true }),

    async readers(region, imageId) {
      const listing = { list: 'Accounts', item: 'Account' }
      const found = await all('ecs:DescribeImageSharePermission', region, { ImageId: imageId }, listing)
      return found.flatMap((one) => textOf(one, 'AliyunId') ?? [])
    },
    async changeReaders(region, imageId, { add, remove }) {
      // At most ten at once are taken.
      for (let at = 0; at < Math.max(add.length, remove.length); at += 10) {
        await call('ecs:ModifyImageSharePermission', region, {
          ImageId: imageId,
          AddAccount: add.slice(at, at + 10),
          RemoveAccount: remove.slice(at, at + 10),
        })
      }
    },
    setPublic: (region, imageId, open) =>
      done('ecs:ModifyImageSharePermission', region, { ImageId: imageId, IsPublic: open }),
    setFamily: (region, imageId, family) =>
      done('ecs:ModifyImageAttribute', region, { ImageId: imageId, ImageFamily: family }),
    tag: (region, kind, ids, tags) =>
      done('ecs:TagResources', region, { ResourceType: kind, ResourceId: ids, Tag: list(tags) }),

    async instances(region, { ids, name, tags }) {
      const asked = { InstanceIds: json(ids), InstanceName: name, ...filter(tags) }
      const found = await all('ecs:DescribeInstances', region, asked, { list: 'Instances', item: 'Instance' })
      return found.map(instanceOf)
    },
    async runInstance(region, request) {
      const answer = await call('ecs:RunInstances', region, {
        ImageId: request.imageId,
        InstanceType: request.instanceType,
        InstanceName: request.name,
        HostName: request.name,
        KeyPairName: request.keyName,
        SecurityGroupId: request.securityGroupId,
        VSwitchId: request.vswitchId,
        InternetChargeType: request.chargeType,
        InternetMaxBandwidthOut: request.bandwidth,
        ClientToken: request.token,
        Tag: list(request.tags),
      })
      return textsOf(answer, 'InstanceIdSets', 'InstanceIdSet')[0] ?? ''
    },
    deleteInstance: (region, id) => done('ecs:DeleteInstance', region, { InstanceId: id, Force: true }),

    async disks(region, tags) {
      const found = await all('ecs:DescribeDisks', region, filter(tags), { list: 'Disks', item: 'Disk' })
      return found.flatMap((one) => textOf(one, 'DiskId') ?? [])
    },
    deleteDisk: (region, id) => done('ecs:DeleteDisk', region, { DiskId: id }),

    async keyPairs(region, { name, tags }) {
      const asked = { KeyPairName: name, ...filter(tags) }
      const found = await all('ecs:DescribeKeyPairs', region, asked, { list: 'KeyPairs', item: 'KeyPair' })
      return found.flatMap((one) => textOf(one, 'KeyPairName') ?? [])
    },
    importKeyPair: (region, { name, publicKey, tags }) =>
      done('ecs:ImportKeyPair', region, { KeyPairName: name, PublicKeyBody: publicKey, Tag: list(tags) }),
    deleteKeyPair: (region, name) => done('ecs:DeleteKeyPairs', region, { KeyPairNames: json([name]) }),

    async securityGroups(region, query) {
      const asked = {
        SecurityGroupIds: json(query.ids),
        SecurityGroupName: query.name,
        VpcId: query.vpcId,
        ...filter(query.tags),
      }
      const listing = { list: 'SecurityGroups', item: 'SecurityGroup' }
      return (await all('ecs:DescribeSecurityGroups', region, asked, listing)).map(securityGroupOf)
    },
    async createSecurityGroup(region, { name, vpcId, tags, token }) {
      const answer = await call('ecs:CreateSecurityGroup', region, {
        SecurityGroupName: name,
        Description: 'SSH to an instance deployed by Sindri',
        VpcId: vpcId,
        ClientToken: token,
        Tag: list(tags),
      })
      return textOf(answer, 'SecurityGroupId') ?? ''
    },
    allowSsh: (region, groupId, ranges) =>
      done('ecs:AuthorizeSecurityGroup', region, {
        SecurityGroupId: groupId,
        Permissions: ranges.map((range) => ({
          IpProtocol: 'tcp',
          PortRange: '22/22',
          Policy: 'accept',
          Priority: '1',
          [range.includes(':') ? 'Ipv6SourceCidrIp' : 'SourceCidrIp']: range,
          Description: 'SSH',
        })),
      }),
    deleteSecurityGroup: (region, id) => done('ecs:DeleteSecurityGroup', region, { SecurityGroupId: id }),

    async vswitches(region, query) {
      const asked = { ...network(query, 'VSwitch'), VpcId: query.vpcId, IsDefault: query.isDefault }
      return (await all('vpc:DescribeVSwitches', region, asked, { list: 'VSwitches', item: 'VSwitch' })).map(vswitchOf)
    },
    deleteVSwitch: (region, id) => done('vpc:DeleteVSwitch', region, { VSwitchId: id }),
    async vpcs(region, query) {
      const found = await all('vpc:DescribeVpcs', region, network(query, 'Vpc'), { list: 'Vpcs', item: 'Vpc' })
      return found.flatMap((one) => textOf(one, 'VpcId') ?? [])
    },
    deleteVpc: (region, id) => done('vpc:DeleteVpc', region, { VpcId: id }),

    async addresses(region, { instanceId, address, id }) {
      const asked = {
        ...(instanceId !== undefined && { AssociatedInstanceType: 'EcsInstance', AssociatedInstanceId: instanceId }),
        EipAddress: address,
        AllocationId: id,
      }
      const listing = { list: 'EipAddresses', item: 'EipAddress' }
      return (await all('vpc:DescribeEipAddresses', region, asked, listing)).map(addressOf)
    },
    releaseAddress: (region, id) => done('vpc:ReleaseEipAddress', region, { AllocationId: id }),
  }
}

/** Lists of ids are sent as JSON. */
function json(values: readonly string[] | undefined): string | undefined {
  return values === undefined ? undefined : JSON.stringify(values)
}

function network({ ids, name }: NetworkQuery, kind: 'VSwitch' | 'Vpc'): Parameters {
  return { [`${kind}Id`]: ids?.join(','), [`${kind}Name`]: name }
}

function list(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

function filter(tags: TagFilter | undefined): Parameters {
  const wanted = Object.entries(tags ?? {})
  return { Tag: wanted.map(([Key, Value]) => ({ Key, Value: Value === '*' ? undefined : Value })) }
}
