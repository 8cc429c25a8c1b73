import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect, test } from 'vitest'
import { controlPath } from '../control.ts'
import { readStore } from '../kit/store.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'
import type { DaemonFile } from '../rehearsal.ts'
import { credentials } from './signature.ts'

const here = useRehearsal()

function client(region = 'us-west-2', secret = credentials): sdk.EC2Client {
  return new sdk.EC2Client({ region, credentials: secret, endpoint: here.rehearsal.endpoint, maxAttempts: 1 })
}

async function baseImage(region = 'us-west-2'): Promise<string> {
  const { Images } = await client(region).send(new sdk.DescribeImagesCommand({ Owners: ['136693071363'] }))
  return Images?.[0]?.ImageId ?? ''
}

async function launched(parameters: Partial<sdk.RunInstancesCommandInput> = {}): Promise<sdk.Instance> {
  const { Instances } = await client().send(
    new sdk.RunInstancesCommand({
      ImageId: await baseImage(),
      InstanceType: 't3.large',
      MinCount: 1,
      MaxCount: 1,
      ...parameters,
    }),
  )
  return Instances?.[0] ?? {}
}

async function built(parameters: Partial<sdk.RunInstancesCommandInput> = {}): Promise<string> {
  const { InstanceId } = await launched(parameters)
  const { ImageId } = await client().send(new sdk.CreateImageCommand({ InstanceId, Name: 'golden' }))
  here.now += 60_000
  return ImageId ?? ''
}

async function described(ImageId: string, region = 'us-west-2'): Promise<sdk.Image> {
  const { Images } = await client(region).send(new sdk.DescribeImagesCommand({ ImageIds: [ImageId] }))
  return Images?.[0] ?? {}
}

async function snapshotOf(ImageId: string, region = 'us-west-2'): Promise<sdk.Snapshot> {
  const SnapshotId = (await described(ImageId, region)).BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? ''
  const { Snapshots } = await client(region).send(new sdk.DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }))
  return Snapshots?.[0] ?? {}
}

async function order(settings: unknown): Promise<void> {
  const daemon = readStore<DaemonFile>(filesOf(here.places).daemon)
  await fetch(`${here.rehearsal.endpoint}${controlPath}settings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${daemon?.token}` },
    body: JSON.stringify(settings),
  })
}

test('a base has its own stable image id in each region, and belongs to its real owner', async () => {
  expect(await baseImage()).toBe(await baseImage())
  expect(await baseImage('eu-west-1')).not.toBe(await baseImage())
  expect(await described(await baseImage())).toMatchObject({
    OwnerId: '136693071363',
    Architecture: 'x86_64',
    RootDeviceName: '/dev/xvda',
    BootMode: 'uefi-preferred',
    Public: true,
  })
})

test('filters, wildcards and tags select images', async () => {
  const id = await built()
  await client().send(new sdk.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'team', Value: 'core' }] }))
  async function found(...Filters: sdk.Filter[]): Promise<readonly (string | undefined)[]> {
    const { Images } = await client().send(new sdk.DescribeImagesCommand({ Filters, Owners: ['self'] }))
    return (Images ?? []).map((image) => image.ImageId)
  }
  expect(await found({ Name: 'name', Values: ['gold??'] })).toEqual([id])
  expect(await found({ Name: 'name', Values: ['other', 'g*'] }, { Name: 'tag:team', Values: ['core'] })).toEqual([id])
  expect(await found({ Name: 'tag:team', Values: ['web'] })).toEqual([])
  await expect(found({ Name: 'platform', Values: ['windows'] })).rejects.toThrow('filter platform of DescribeImages')
})

test('an image is pending first, shows its snapshot when it is available, and holds the tags it was asked for', async () => {
  const { InstanceId } = await launched()
  const { ImageId = '' } = await client().send(
    new sdk.CreateImageCommand({
      InstanceId,
      Name: 'golden',
      TagSpecifications: [
        { ResourceType: 'image', Tags: [{ Key: 'a', Value: '1' }] },
        { ResourceType: 'snapshot', Tags: [{ Key: 'b', Value: '' }] },
      ],
    }),
  )
  expect(await described(ImageId)).toMatchObject({ State: 'pending', Tags: [{ Key: 'a', Value: '1' }] })
  here.now += 60_000
  expect(await described(ImageId)).toMatchObject({ State: 'available', SourceInstanceId: InstanceId })
  expect(await snapshotOf(ImageId)).toMatchObject({ State: 'completed', Tags: [{ Key: 'b', Value: '' }] })
  await expect(client().send(new sdk.CreateImageCommand({ InstanceId, Name: 'golden' }))).rejects.toMatchObject({
    name: 'InvalidAMIName.Duplicate',
    message: `AMI name golden is already in use by AMI ${ImageId}`,
  })
})

test('a copy lands in the other region, once per client token', async () => {
  const SourceImageId = await built()
  const copy = { Name: 'golden', SourceImageId, SourceRegion: 'us-west-2', ClientToken: 'once' }
  const first = await client('eu-west-1').send(new sdk.CopyImageCommand(copy))
  const second = await client('eu-west-1').send(new sdk.CopyImageCommand(copy))
  expect(second.ImageId).toBe(first.ImageId)
  await expect(client('eu-west-1').send(new sdk.CopyImageCommand({ ...copy, Name: 'other' }))).rejects.toMatchObject({
    name: 'IdempotentParameterMismatch',
  })
  here.now += 60_000
  expect(await described(first.ImageId ?? '', 'eu-west-1')).toMatchObject({
    State: 'available',
    SourceImageId,
    SourceImageRegion: 'us-west-2',
  })
})

test('copies share one disk file, which goes with the last of them', async () => {
  const id = await built()
  const copied = await client('eu-west-1').send(
    new sdk.CopyImageCommand({ Name: 'copied', SourceImageId: id, SourceRegion: 'us-west-2' }),
  )
  here.now += 60_000
  await client().send(new sdk.TerminateInstancesCommand({ InstanceIds: [...here.machines.keys()] }))
  const disks = () => readdirSync(join(filesOf(here.places).folder, 'aws/disks')).length
  expect(disks()).toBe(1)
  await client().send(new sdk.DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }))
  expect(disks()).toBe(1)
  const { DeleteSnapshotResults } = await client('eu-west-1').send(
    new sdk.DeregisterImageCommand({ ImageId: copied.ImageId, DeleteAssociatedSnapshots: true }),
  )
  expect(DeleteSnapshotResults?.[0]).toMatchObject({ ReturnCode: 'success' })
  expect(disks()).toBe(0)
  await expect(described(id)).rejects.toMatchObject({ name: 'InvalidAMIID.Unavailable' })
})

test('a snapshot cannot be deleted while an image uses it', async () => {
  const id = await built()
  const { SnapshotId } = await snapshotOf(id)
  await expect(client().send(new sdk.DeleteSnapshotCommand({ SnapshotId }))).rejects.toMatchObject({
    name: 'InvalidSnapshot.InUse',
    message: `The snapshot ${SnapshotId} is currently in use by ${id}`,
  })
})

test('launch permissions are added, listed, removed and reset', async () => {
  const ImageId = await built()
  const organization = 'arn:aws:organizations::111122223333:organization/o-abcdefghij'
  const readers = async () =>
    (await client().send(new sdk.DescribeImageAttributeCommand({ ImageId, Attribute: 'launchPermission' })))
      .LaunchPermissions
  await client().send(
    new sdk.ModifyImageAttributeCommand({
      ImageId,
      LaunchPermission: { Add: [{ UserId: '111122223333' }, { OrganizationArn: organization }] },
    }),
  )
  expect(await readers()).toEqual([{ UserId: '111122223333' }, { OrganizationArn: organization }])
  await client().send(
    new sdk.ModifyImageAttributeCommand({ ImageId, OperationType: 'remove', UserIds: ['111122223333'] }),
  )
  expect(await readers()).toEqual([{ OrganizationArn: organization }])
  await client().send(new sdk.ResetImageAttributeCommand({ ImageId, Attribute: 'launchPermission' }))
  expect(await readers()).toEqual([])
  const wrong = client().send(
    new sdk.ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ UserId: '12' }] } }),
  )
  await expect(wrong).rejects.toMatchObject({ name: 'InvalidAMIAttributeItemValue' })
})

test('an image cannot be made public until public sharing is unblocked in that region', async () => {
  const ImageId = await built()
  const publish = () =>
    client().send(new sdk.ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ Group: 'all' }] } }))
  await expect(publish()).rejects.toMatchObject({ name: 'OperationNotPermitted' })
  await client().send(new sdk.DisableImageBlockPublicAccessCommand({}))
  await publish()
  expect((await described(ImageId)).Public).toBe(true)
})

test('an image encrypted with the default key cannot be shared, one with an own key can', async () => {
  const sealed = { SourceImageId: await built(), SourceRegion: 'us-west-2', Encrypted: true }
  const byDefault = await client().send(new sdk.CopyImageCommand({ ...sealed, Name: 'default-key' }))
  const own = await client().send(new sdk.CopyImageCommand({ ...sealed, Name: 'own-key', KmsKeyId: 'alias/golden' }))
  here.now += 60_000
  const share = (ImageId: string | undefined) =>
    client().send(
      new sdk.ModifyImageAttributeCommand({ ImageId, LaunchPermission: { Add: [{ UserId: '111122223333' }] } }),
    )
  await expect(share(byDefault.ImageId)).rejects.toThrow("AWS Managed CMK can't be shared")
  await share(own.ImageId)
  expect(await snapshotOf(own.ImageId ?? '')).toMatchObject({ Encrypted: true })
})

test('a copy with a key of another region is accepted and then fails', async () => {
  const KmsKeyId = 'arn:aws:kms:us-west-2:123456789012:key/1'
  const copy = { SourceImageId: await built(), SourceRegion: 'us-west-2', Name: 'far', Encrypted: true, KmsKeyId }
  const { ImageId = '' } = await client('eu-west-1').send(new sdk.CopyImageCommand(copy))
  here.now += 60_000
  expect(await described(ImageId, 'eu-west-1')).toMatchObject({ State: 'failed' })
})

test('an instance gets the disk, key, groups and addresses it was launched with, and is gone after termination', async () => {
  const { KeyMaterial } = await client().send(new sdk.CreateKeyPairCommand({ KeyName: 'k', KeyType: 'ed25519' }))
  expect(KeyMaterial).toContain('BEGIN OPENSSH PRIVATE KEY')
  const { InstanceId = '' } = await launched({
    KeyName: 'k',
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 12, VolumeType: 'gp3' } }],
  })
  here.now += 60_000
  const { Reservations } = await client().send(new sdk.DescribeInstancesCommand({ InstanceIds: [InstanceId] }))
  const instance = Reservations?.[0]?.Instances?.[0]
  expect(instance).toMatchObject({
    State: { Name: 'running' },
    KeyName: 'k',
    SecurityGroups: [{ GroupName: 'default' }],
  })
  expect(here.machines.get(InstanceId)).toMatchObject({
    publicAddress: instance?.PublicIpAddress,
    privateAddress: `${instance?.PrivateIpAddress}/20`,
  })
  const { Volumes } = await client().send(new sdk.DescribeVolumesCommand({}))
  expect(Volumes).toMatchObject([{ Size: 12, VolumeType: 'gp3', State: 'in-use' }])

  await client().send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }))
  here.now += 60_000
  expect(here.machines.size).toBe(0)
  expect((await client().send(new sdk.DescribeVolumesCommand({}))).Volumes).toEqual([])
})

test('RunInstances refuses what EC2 refuses, and makes nothing', async () => {
  const cases: readonly (readonly [Partial<sdk.RunInstancesCommandInput>, string])[] = [
    [{ ImageId: 'ami-0123456789abcdef0' }, 'InvalidAMIID.NotFound'],
    [{ ImageId: 'debian' }, 'InvalidAMIID.Malformed'],
    [{ KeyName: 'absent' }, 'InvalidKeyPair.NotFound'],
    [{ SecurityGroupIds: ['sg-0123456789abcdef0'] }, 'InvalidGroup.NotFound'],
    [{ SubnetId: 'subnet-0123456789abcdef0' }, 'InvalidSubnetID.NotFound'],
    [{ InstanceType: 't4g.small' }, 'InvalidParameterValue'],
    [{ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 4 } }] }, 'InvalidBlockDeviceMapping'],
    [{ MinCount: 3, MaxCount: 2 }, 'InvalidParameterValue'],
    [{ DryRun: true }, 'DryRunOperation'],
  ]
  for (const [parameters, name] of cases) await expect(launched(parameters)).rejects.toMatchObject({ name })
  expect(here.machines.size).toBe(0)
  expect(readdirSync(join(filesOf(here.places).folder, 'aws/disks'))).toEqual([])
})

test('the same client token launches once, also across a restart of the daemon', async () => {
  const first = await launched({ ClientToken: 'once' })
  await here.reopen()
  const second = await launched({ ClientToken: 'once' })
  expect(second.InstanceId).toBe(first.InstanceId)
  expect([...here.machines.keys()]).toEqual([first.InstanceId])
})

test('files no record knows are removed at the start', async () => {
  writeFileSync(join(join(filesOf(here.places).folder, 'aws/disks'), 'left-behind.raw'), '')
  await here.reopen()
  expect(readdirSync(join(filesOf(here.places).folder, 'aws/disks'))).toEqual([])
})

test('what the stand-in lacks is answered 501 by name, what EC2 does not know by EC2’s error', async () => {
  const ImageId = await baseImage()
  await expect(client().send(new sdk.DescribeAddressesCommand({}))).rejects.toMatchObject({
    name: 'Rehearsal.NotImplemented',
    message: "The rehearsal's stand-in of AWS does not implement the operation DescribeAddresses of ec2.",
    $metadata: { httpStatusCode: 501 },
  })
  await expect(launched({ ImageId, Ipv6AddressCount: 1 })).rejects.toThrow(
    'the parameter Ipv6AddressCount of RunInstances',
  )
  await expect(launched({ InstanceType: 't9.huge' as sdk._InstanceType })).rejects.toMatchObject({
    name: 'InvalidParameterValue',
  })
  await expect(client('mars-north-1').send(new sdk.DescribeRegionsCommand({}))).rejects.toMatchObject({
    name: 'AuthFailure',
  })
})

test('only the rehearsal’s own credentials are taken', async () => {
  const wrongSecret = { ...credentials, secretAccessKey: 'no' }
  const realLooking = { accessKeyId: 'AKIAABCDEFGHIJKLMNOP', secretAccessKey: 'no' }
  for (const secret of [wrongSecret, realLooking]) {
    const asked = client('us-west-2', secret as typeof credentials).send(new sdk.DescribeRegionsCommand({}))
    await expect(asked).rejects.toMatchObject({ name: 'AuthFailure', $metadata: { httpStatusCode: 401 } })
  }
  const sts = new STSClient({
    region: 'us-west-2',
    credentials: realLooking,
    endpoint: here.rehearsal.endpoint,
  })
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'InvalidClientTokenId' })
})

test('a policy is enforced in EC2’s words until it is lifted', async () => {
  const SourceImageId = await built()
  const Statement = [{ Effect: 'Allow', Action: 'ec2:Describe*', Resource: '*' }]
  await order({ policy: { value: { Version: '2012-10-17', Statement }, file: 'p.json' } })
  const copy = () =>
    client().send(new sdk.CopyImageCommand({ Name: 'copied', SourceImageId, SourceRegion: 'us-west-2' }))
  await expect(copy()).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
    message: `You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/rehearsal is not authorized to perform: ec2:CopyImage on resource: arn:aws:ec2:us-west-2::image/${SourceImageId} because no identity-based policy allows the ec2:CopyImage action`,
  })
  await order({ policy: null })
  await copy()
})

test('a fault before acting changes nothing; one after acting leaves what was done', async () => {
  const fault = { operation: 'RunInstances', left: 1 }
  await order({ faults: [{ ...fault, when: 'before', code: 'RequestLimitExceeded' }] })
  await expect(launched()).rejects.toMatchObject({ name: 'RequestLimitExceeded', $metadata: { httpStatusCode: 503 } })
  expect(here.machines.size).toBe(0)
  await order({ faults: [{ ...fault, when: 'after', code: 'Disconnect' }] })
  await expect(launched()).rejects.toThrow()
  expect(here.machines.size).toBe(1)
})

test('every operation without required parameters answers in the shapes of AWS’s model', async () => {
  await client().send(new sdk.CreateKeyPairCommand({ KeyName: 'k' }))
  const group = await client().send(new sdk.CreateSecurityGroupCommand({ GroupName: 'g', Description: 'd' }))
  await client().send(
    new sdk.AuthorizeSecurityGroupIngressCommand({
      GroupId: group.GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '127.0.0.1/32' }] }],
    }),
  )
  await built({ KeyName: 'k', SecurityGroupIds: [group.GroupId ?? ''] })
  const answers = await Promise.all([
    client().send(new sdk.DescribeAccountAttributesCommand({})),
    client().send(new sdk.DescribeAvailabilityZonesCommand({})),
    client().send(new sdk.DescribeInstanceStatusCommand({})),
    client().send(new sdk.DescribeInstanceTypeOfferingsCommand({ LocationType: 'availability-zone' })),
    client().send(new sdk.DescribeInstanceTypesCommand({})),
    client().send(new sdk.DescribeInstancesCommand({})),
    client().send(new sdk.DescribeKeyPairsCommand({ IncludePublicKey: true })),
    client().send(new sdk.DescribeNetworkInterfacesCommand({})),
    client().send(new sdk.DescribeRegionsCommand({ AllRegions: true })),
    client().send(new sdk.DescribeSecurityGroupsCommand({})),
    client().send(new sdk.DescribeSnapshotsCommand({})),
    client().send(new sdk.DescribeSubnetsCommand({})),
    client().send(new sdk.DescribeTagsCommand({})),
    client().send(new sdk.DescribeVolumesCommand({})),
    client().send(new sdk.DescribeVpcsCommand({})),
    client().send(new sdk.GetEbsDefaultKmsKeyIdCommand({})),
    client().send(new sdk.GetEbsEncryptionByDefaultCommand({})),
    client().send(new sdk.GetImageBlockPublicAccessStateCommand({})),
  ])
  for (const answer of answers) expect(answer.$metadata.httpStatusCode).toBe(200)
  const [, zones, , , , , pairs, interfaces, , groups] = answers
  expect(zones.AvailabilityZones?.map((zone) => zone.ZoneId)).toEqual(['usw2-az1', 'usw2-az2', 'usw2-az3', 'usw2-az4'])
  expect(pairs.KeyPairs?.[0]).toMatchObject({ KeyType: 'rsa', PublicKey: expect.stringMatching(/^ssh-rsa /) })
  expect(interfaces.NetworkInterfaces?.[0]?.Groups).toEqual([{ GroupId: group.GroupId, GroupName: 'g' }])
  expect(groups.SecurityGroups?.[1]?.IpPermissions).toMatchObject([
    { FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '127.0.0.1/32' }] },
  ])
})

test.each([
  'blockDeviceMapping',
  'bootMode',
  'deregistrationProtection',
  'description',
  'imdsSupport',
  'lastLaunchedTime',
  'sriovNetSupport',
  'tpmSupport',
] as const)('the image attribute %s is told', async (Attribute) => {
  const ImageId = await built()
  const answer = await client().send(new sdk.DescribeImageAttributeCommand({ ImageId, Attribute }))
  expect(answer.ImageId).toBe(ImageId)
})

test.each(['userData', 'sriovNetSupport', 'disableApiTermination', 'groupSet', 'instanceType'] as const)(
  'the instance attribute %s is told',
  async (Attribute) => {
    const { InstanceId } = await launched()
    const answer = await client().send(new sdk.DescribeInstanceAttributeCommand({ InstanceId, Attribute }))
    expect(answer.InstanceId).toBe(InstanceId)
  },
)

test('a stopped instance starts again with its disk; a protected one cannot be terminated', async () => {
  const { InstanceId = '' } = await launched({ DisableApiTermination: true })
  const InstanceIds = [InstanceId]
  const state = async () =>
    (await client().send(new sdk.DescribeInstancesCommand({ InstanceIds }))).Reservations?.[0]?.Instances?.[0]?.State
      ?.Name
  const disk = here.machines.get(InstanceId)?.disk
  await client().send(new sdk.StopInstancesCommand({ InstanceIds }))
  expect([await state(), here.machines.size]).toEqual(['stopping', 0])
  here.now += 60_000
  expect(await state()).toBe('stopped')
  await client().send(new sdk.StartInstancesCommand({ InstanceIds }))
  expect(here.machines.get(InstanceId)?.disk).toBe(disk)
  await expect(client().send(new sdk.TerminateInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
    name: 'OperationNotPermitted',
  })
})

test('volumes and snapshots are made, copied and deleted', async () => {
  const zone = 'us-west-2a'
  const volume = await client().send(
    new sdk.CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3' }),
  )
  const snapshot = await client().send(new sdk.CreateSnapshotCommand({ VolumeId: volume.VolumeId }))
  const copy = await client('eu-west-1').send(
    new sdk.CopySnapshotCommand({ SourceRegion: 'us-west-2', SourceSnapshotId: snapshot.SnapshotId, Encrypted: true }),
  )
  await client().send(new sdk.DeleteVolumeCommand({ VolumeId: volume.VolumeId }))
  await client().send(new sdk.DeleteSnapshotCommand({ SnapshotId: snapshot.SnapshotId }))
  await client('eu-west-1').send(new sdk.DeleteSnapshotCommand({ SnapshotId: copy.SnapshotId }))
  expect(readdirSync(join(filesOf(here.places).folder, 'aws/disks'))).toEqual([])
  await expect(
    client().send(new sdk.CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp2', Throughput: 125 })),
  ).rejects.toMatchObject({ name: 'InvalidParameterCombination' })
})

test('an image is registered from a snapshot and can be launched', async () => {
  const { SnapshotId } = await snapshotOf(await built())
  const { ImageId } = await client().send(
    new sdk.RegisterImageCommand({
      Name: 'registered',
      Architecture: 'x86_64',
      RootDeviceName: '/dev/xvda',
      BootMode: 'uefi',
      VirtualizationType: 'hvm',
      ImdsSupport: 'v2.0',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId, VolumeType: 'gp3' } }],
    }),
  )
  expect(await launched({ ImageId })).toMatchObject({ BootMode: 'uefi', MetadataOptions: { HttpTokens: 'required' } })
})

test('an own image stays listed after its deprecation, which cannot be in the past', async () => {
  const ImageId = await built()
  const DeprecateAt = new Date(here.now + 120_000)
  await client().send(new sdk.EnableImageDeprecationCommand({ ImageId, DeprecateAt }))
  here.now += 240_000
  const { Images } = await client().send(new sdk.DescribeImagesCommand({ Owners: ['self'] }))
  expect(Images).toMatchObject([{ ImageId, DeprecationTime: expect.any(String) }])
  await expect(client().send(new sdk.EnableImageDeprecationCommand({ ImageId, DeprecateAt }))).rejects.toThrow('future')
})

test('rules of a group are unique, revocable, and the group stays while an instance uses it', async () => {
  const { GroupId = '' } = await client().send(new sdk.CreateSecurityGroupCommand({ GroupName: 'g', Description: 'd' }))
  const rule = {
    GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
  }
  await client().send(new sdk.AuthorizeSecurityGroupIngressCommand(rule))
  await expect(client().send(new sdk.AuthorizeSecurityGroupIngressCommand(rule))).rejects.toMatchObject({
    name: 'InvalidPermission.Duplicate',
  })
  await client().send(new sdk.RevokeSecurityGroupIngressCommand(rule))
  await expect(client().send(new sdk.RevokeSecurityGroupIngressCommand(rule))).rejects.toMatchObject({
    name: 'InvalidPermission.NotFound',
  })
  const { InstanceId = '' } = await launched({ SecurityGroupIds: [GroupId] })
  await expect(client().send(new sdk.DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({
    name: 'DependencyViolation',
  })
  await client().send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }))
  await client().send(new sdk.DeleteSecurityGroupCommand({ GroupId }))
})

test('listings come in pages', async () => {
  for (const KeyName of ['a', 'b', 'c']) {
    await client().send(new sdk.CreateSecurityGroupCommand({ GroupName: KeyName, Description: 'd' }))
  }
  const names: (string | undefined)[] = []
  for await (const page of sdk.paginateDescribeSecurityGroups({ client: client(), pageSize: 2 }, {})) {
    expect(page.SecurityGroups?.length).toBe(2)
    names.push(...(page.SecurityGroups ?? []).map((group) => group.GroupName))
  }
  expect(names).toEqual(['default', 'a', 'b', 'c'])
})
