import {
  AuthorizeSecurityGroupIngressCommand,
  CopyImageCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DisableImageDeprecationCommand,
  EnableImageDeprecationCommand,
  type Image,
  ImportKeyPairCommand,
  type Instance,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { SindriError } from '../../core/error.ts'
import { common, filters, openEc2, tagList, tagsOf } from './api-clients.ts'
import { probes } from './api-probes.ts'
import { awsError } from './errors.ts'
import type { AwsApi, AwsHome, AwsImage, AwsInstance, Reader } from './port.ts'

/** EC2 and STS as Sindri uses them. */
export function connectAws(home: AwsHome): AwsApi {
  const { client, call, sourceOf } = openEc2(home)

  const api: AwsApi = {
    source: () => sourceOf(client(home.region)),

    async identity() {
      const sts = new STSClient({ ...common, region: home.region })
      try {
        const found = await sts.send(new GetCallerIdentityCommand({}))
        return { account: found.Account ?? '', arn: found.Arn ?? '' }
      } catch (error) {
        throw awsError(error, 'sts:GetCallerIdentity', home.region, await sourceOf(sts))
      }
    },

    async denies(region, action) {
      try {
        await call(action, region, async (ec2) => probes[action]?.(ec2))
        return false
      } catch (error) {
        return error instanceof SindriError && error.code === 'denied'
      }
    },

    async images(region, { ids, name, tags }) {
      const found: AwsImage[] = []
      let next: string | undefined
      do {
        const Filters = [...filters(tags), ...(name === undefined ? [] : [{ Name: 'name', Values: [name] }])]
        const page = await call('ec2:DescribeImages', region, (ec2) =>
          ec2.send(
            new DescribeImagesCommand({
              ...(ids === undefined ? { Owners: ['self'], MaxResults: 500 } : { ImageIds: [...ids] }),
              ...(Filters.length === 0 ? {} : { Filters }),
              IncludeDeprecated: true,
              ...(next === undefined ? {} : { NextToken: next }),
            }),
          ),
        )
        found.push(...(page.Images ?? []).map(imageOf))
        next = page.NextToken
      } while (next !== undefined && next !== '')
      return found
    },

    async regions(region) {
      const found = await call('ec2:DescribeRegions', region, (ec2) => ec2.send(new DescribeRegionsCommand({})))
      return (found.Regions ?? []).map((one) => one.RegionName ?? '')
    },

    async copyImage(region, { source, sourceRegion, name, description, token, tags, encrypted, kmsKeyId }) {
      const copied = await call('ec2:CopyImage', region, (ec2) =>
        ec2.send(
          new CopyImageCommand({
            SourceImageId: source,
            SourceRegion: sourceRegion,
            Name: name,
            Description: description,
            ClientToken: token,
            TagSpecifications: [
              { ResourceType: 'image', Tags: tagList(tags) },
              { ResourceType: 'snapshot', Tags: tagList(tags) },
            ],
            ...(encrypted ? { Encrypted: true } : {}),
            ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
          }),
        ),
      )
      return copied.ImageId ?? ''
    },

    async deregisterImage(region, id) {
      await call('ec2:DeregisterImage', region, (ec2) =>
        ec2.send(new DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true })),
      )
    },

    async deleteSnapshot(region, id) {
      await call('ec2:DeleteSnapshot', region, (ec2) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })))
    },

    async readers(region, id) {
      const found = await call('ec2:DescribeImageAttribute', region, (ec2) =>
        ec2.send(new DescribeImageAttributeCommand({ ImageId: id, Attribute: 'launchPermission' })),
      )
      return (found.LaunchPermissions ?? []).flatMap((one): Reader[] => {
        if (one.UserId !== undefined) return [{ kind: 'user', id: one.UserId }]
        if (one.Group !== undefined) return [{ kind: 'group', id: one.Group }]
        if (one.OrganizationArn !== undefined) return [{ kind: 'organization', id: one.OrganizationArn }]
        return one.OrganizationalUnitArn === undefined ? [] : [{ kind: 'unit', id: one.OrganizationalUnitArn }]
      })
    },

    async changeReaders(region, id, change) {
      await call('ec2:ModifyImageAttribute', region, (ec2) =>
        ec2.send(
          new ModifyImageAttributeCommand({
            ImageId: id,
            LaunchPermission: {
              ...(change.add.length === 0 ? {} : { Add: change.add.map(permissionOf) }),
              ...(change.remove.length === 0 ? {} : { Remove: change.remove.map(permissionOf) }),
            },
          }),
        ),
      )
    },

    async requireImdsV2(region, id) {
      await call('ec2:ModifyImageAttribute', region, (ec2) =>
        ec2.send(new ModifyImageAttributeCommand({ ImageId: id, ImdsSupport: { Value: 'v2.0' } })),
      )
    },

    async deprecateAt(region, id, at) {
      if (at === undefined) {
        await call('ec2:DisableImageDeprecation', region, (ec2) =>
          ec2.send(new DisableImageDeprecationCommand({ ImageId: id })),
        )
      } else {
        const command = new EnableImageDeprecationCommand({ ImageId: id, DeprecateAt: new Date(at) })
        await call('ec2:EnableImageDeprecation', region, (ec2) => ec2.send(command))
      }
    },

    async keyPairs(region, tags) {
      const found = await call('ec2:DescribeKeyPairs', region, (ec2) =>
        ec2.send(new DescribeKeyPairsCommand({ Filters: filters(tags) })),
      )
      return (found.KeyPairs ?? []).map((one) => ({ name: one.KeyName ?? '', tags: tagsOf(one.Tags) }))
    },

    async importKeyPair(region, { name, publicKey, tags }) {
      const command = new ImportKeyPairCommand({
        KeyName: name,
        PublicKeyMaterial: new TextEncoder().encode(publicKey),
        TagSpecifications: [{ ResourceType: 'key-pair', Tags: tagList(tags) }],
      })
      await call('ec2:ImportKeyPair', region, (ec2) => ec2.send(command))
    },

    async deleteKeyPair(region, name) {
      await call('ec2:DeleteKeyPair', region, (ec2) => ec2.send(new DeleteKeyPairCommand({ KeyName: name })))
    },

    async subnetVpc(region, subnetId) {
      const found = await call('ec2:DescribeSubnets', region, (ec2) =>
        ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] })),
      )
      return found.Subnets?.[0]?.VpcId ?? ''
    },

    async securityGroups(region, { name, tags }) {
      const Filters = [...filters(tags), ...(name === undefined ? [] : [{ Name: 'group-name', Values: [name] }])]
      const found = await call('ec2:DescribeSecurityGroups', region, (ec2) =>
        ec2.send(new DescribeSecurityGroupsCommand({ Filters })),
      )
      return (found.SecurityGroups ?? []).map((one) => ({
        id: one.GroupId ?? '',
        name: one.GroupName ?? '',
        ranges: (one.IpPermissions ?? []).flatMap((rule) => [
          ...(rule.IpRanges ?? []).map((range) => range.CidrIp ?? ''),
          ...(rule.Ipv6Ranges ?? []).map((range) => range.CidrIpv6 ?? ''),
        ]),
      }))
    },

    async createSecurityGroup(region, { name, vpcId, tags }) {
      const command = new CreateSecurityGroupCommand({
        GroupName: name,
        Description: 'SSH to an instance deployed by Sindri',
        ...(vpcId === undefined ? {} : { VpcId: vpcId }),
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagList(tags) }],
      })
      return (await call('ec2:CreateSecurityGroup', region, (ec2) => ec2.send(command))).GroupId ?? ''
    },

    async allowSsh(region, groupId, ranges) {
      const command = new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 22,
            ToPort: 22,
            IpRanges: ranges.filter((range) => !range.includes(':')).map((CidrIp) => ({ CidrIp, Description: 'SSH' })),
            Ipv6Ranges: ranges
              .filter((range) => range.includes(':'))
              .map((CidrIpv6) => ({ CidrIpv6, Description: 'SSH' })),
          },
        ],
      })
      await call('ec2:AuthorizeSecurityGroupIngress', region, (ec2) => ec2.send(command))
    },

    async deleteSecurityGroup(region, id) {
      await call('ec2:DeleteSecurityGroup', region, (ec2) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })))
    },

    async runInstance(region, { imageId, instanceType, keyName, securityGroupIds, subnetId, token, tags }) {
      const specifications = (['instance', 'volume', 'network-interface'] as const).map((ResourceType) => ({
        ResourceType,
        Tags: tagList(tags),
      }))
      const command = new RunInstancesCommand({
        ImageId: imageId,
        // The names are AWS's own; a wrong one is refused by EC2 with a list of the right ones.
        InstanceType: instanceType as NonNullable<Instance['InstanceType']>,
        KeyName: keyName,
        SecurityGroupIds: [...securityGroupIds],
        ...(subnetId === undefined ? {} : { SubnetId: subnetId }),
        MinCount: 1,
        MaxCount: 1,
        ClientToken: token,
        MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
        TagSpecifications: specifications,
      })
      return (await call('ec2:RunInstances', region, (ec2) => ec2.send(command))).Instances?.[0]?.InstanceId ?? ''
    },

    async instances(region, { ids, tags }) {
      const found: AwsInstance[] = []
      let next: string | undefined
      do {
        const page = await call('ec2:DescribeInstances', region, (ec2) =>
          ec2.send(
            new DescribeInstancesCommand({
              ...(ids === undefined ? { Filters: filters(tags), MaxResults: 500 } : { InstanceIds: [...ids] }),
              ...(next === undefined ? {} : { NextToken: next }),
            }),
          ),
        )
        found.push(...(page.Reservations ?? []).flatMap((one) => one.Instances ?? []).map(instanceOf))
        next = page.NextToken
      } while (next !== undefined && next !== '')
      return found
    },

    async terminateInstances(region, ids) {
      await call('ec2:TerminateInstances', region, (ec2) =>
        ec2.send(new TerminateInstancesCommand({ InstanceIds: [...ids] })),
      )
    },
  }
  return api
}

function imageOf(image: Image): AwsImage {
  const disks = (image.BlockDeviceMappings ?? []).flatMap((one) => (one.Ebs === undefined ? [] : [one.Ebs]))
  return {
    id: image.ImageId ?? '',
    name: image.Name ?? '',
    description: image.Description ?? '',
    state: image.State ?? 'unknown',
    reason: image.StateReason?.Message ?? '',
    createdAt: image.CreationDate ?? '',
    deprecatedAt: image.DeprecationTime,
    imdsV2: image.ImdsSupport === 'v2.0',
    public: image.Public ?? false,
    architecture: image.Architecture ?? '',
    tags: tagsOf(image.Tags),
    snapshots: disks.flatMap((disk) => (disk.SnapshotId === undefined ? [] : [disk.SnapshotId])),
    encrypted: disks.some((disk) => disk.Encrypted === true),
    sizeGiB: disks.reduce((sum, disk) => sum + (disk.VolumeSize ?? 0), 0),
  }
}

function instanceOf(instance: Instance): AwsInstance {
  return {
    id: instance.InstanceId ?? '',
    state: instance.State?.Name ?? 'unknown',
    reason: instance.StateReason?.Message ?? '',
    imageId: instance.ImageId ?? '',
    instanceType: instance.InstanceType ?? '',
    publicAddress: instance.PublicIpAddress,
    privateAddress: instance.PrivateIpAddress,
    keyName: instance.KeyName,
    securityGroups: (instance.SecurityGroups ?? []).map((group) => ({
      id: group.GroupId ?? '',
      name: group.GroupName ?? '',
    })),
    tags: tagsOf(instance.Tags),
  }
}

function permissionOf(reader: Reader): {
  UserId?: string
  Group?: 'all'
  OrganizationArn?: string
  OrganizationalUnitArn?: string
} {
  switch (reader.kind) {
    case 'user':
      return { UserId: reader.id }
    case 'group':
      return { Group: 'all' }
    case 'organization':
      return { OrganizationArn: reader.id }
    case 'unit':
      return { OrganizationalUnitArn: reader.id }
  }
}
