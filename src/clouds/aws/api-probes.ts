import {
  AuthorizeSecurityGroupIngressCommand,
  CopyImageCommand,
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
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
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  DisableEbsEncryptionByDefaultCommand,
  type EC2Client,
  EnableEbsEncryptionByDefaultCommand,
  EnableImageDeprecationCommand,
  ImportKeyPairCommand,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'

const DryRun = true
// Ids of the right form that exist nowhere: even if they were not dry, the requests would do nothing.
const ImageId = 'ami-00000000000000000'
const InstanceIds = ['i-00000000000000000']
const GroupId = 'sg-00000000000000000'
const name = 'sindri'

/** A dry request for each action of EC2 that a config can need. */
export const probes: Readonly<Record<string, (ec2: EC2Client) => Promise<unknown>>> = {
  'ec2:AuthorizeSecurityGroupIngress': (ec2) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        DryRun,
        GroupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '192.0.2.1/32' }] }],
      }),
    ),
  'ec2:CopyImage': (ec2) =>
    ec2.send(new CopyImageCommand({ DryRun, Name: name, SourceImageId: ImageId, SourceRegion: 'us-east-1' })),
  'ec2:CreateImage': (ec2) => ec2.send(new CreateImageCommand({ DryRun, InstanceId: InstanceIds[0], Name: name })),
  'ec2:CreateKeyPair': (ec2) => ec2.send(new CreateKeyPairCommand({ DryRun, KeyName: name })),
  'ec2:CreateSecurityGroup': (ec2) =>
    ec2.send(new CreateSecurityGroupCommand({ DryRun, GroupName: name, Description: name })),
  'ec2:CreateTags': (ec2) =>
    ec2.send(new CreateTagsCommand({ DryRun, Resources: [ImageId], Tags: [{ Key: name, Value: name }] })),
  'ec2:DeleteKeyPair': (ec2) => ec2.send(new DeleteKeyPairCommand({ DryRun, KeyPairId: 'key-00000000000000000' })),
  'ec2:DeleteSecurityGroup': (ec2) => ec2.send(new DeleteSecurityGroupCommand({ DryRun, GroupId })),
  'ec2:DeleteSnapshot': (ec2) => ec2.send(new DeleteSnapshotCommand({ DryRun, SnapshotId: 'snap-00000000000000000' })),
  'ec2:DeregisterImage': (ec2) => ec2.send(new DeregisterImageCommand({ DryRun, ImageId })),
  'ec2:DescribeImageAttribute': (ec2) =>
    ec2.send(new DescribeImageAttributeCommand({ DryRun, ImageId, Attribute: 'launchPermission' })),
  'ec2:DescribeImages': (ec2) => ec2.send(new DescribeImagesCommand({ DryRun, Owners: ['self'] })),
  'ec2:DescribeInstances': (ec2) => ec2.send(new DescribeInstancesCommand({ DryRun })),
  'ec2:DescribeKeyPairs': (ec2) => ec2.send(new DescribeKeyPairsCommand({ DryRun })),
  'ec2:DescribeRegions': (ec2) => ec2.send(new DescribeRegionsCommand({ DryRun })),
  'ec2:DescribeSecurityGroups': (ec2) => ec2.send(new DescribeSecurityGroupsCommand({ DryRun })),
  'ec2:DescribeSubnets': (ec2) => ec2.send(new DescribeSubnetsCommand({ DryRun })),
  'ec2:DescribeVolumes': (ec2) => ec2.send(new DescribeVolumesCommand({ DryRun })),
  'ec2:DescribeVpcs': (ec2) => ec2.send(new DescribeVpcsCommand({ DryRun })),
  'ec2:DisableEbsEncryptionByDefault': (ec2) => ec2.send(new DisableEbsEncryptionByDefaultCommand({ DryRun })),
  'ec2:EnableEbsEncryptionByDefault': (ec2) => ec2.send(new EnableEbsEncryptionByDefaultCommand({ DryRun })),
  'ec2:EnableImageDeprecation': (ec2) =>
    ec2.send(new EnableImageDeprecationCommand({ DryRun, ImageId, DeprecateAt: new Date('2099-01-01T00:00:00Z') })),
  'ec2:ImportKeyPair': (ec2) =>
    ec2.send(
      new ImportKeyPairCommand({
        DryRun,
        KeyName: name,
        PublicKeyMaterial: new TextEncoder().encode('ssh-ed25519 AAAA'),
      }),
    ),
  'ec2:ModifyImageAttribute': (ec2) =>
    ec2.send(new ModifyImageAttributeCommand({ DryRun, ImageId, Description: { Value: name } })),
  'ec2:RunInstances': (ec2) => ec2.send(new RunInstancesCommand({ DryRun, ImageId, MinCount: 1, MaxCount: 1 })),
  'ec2:StopInstances': (ec2) => ec2.send(new StopInstancesCommand({ DryRun, InstanceIds })),
  'ec2:TerminateInstances': (ec2) => ec2.send(new TerminateInstancesCommand({ DryRun, InstanceIds })),
}
