import { CompleteSnapshotCommand, EBSClient, StartSnapshotCommand } from '@aws-sdk/client-ebs'
import {
  CancelImportTaskCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DescribeImportSnapshotTasksCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
  DisableEbsEncryptionByDefaultCommand,
  EnableEbsEncryptionByDefaultCommand,
  GetEbsEncryptionByDefaultCommand,
  GetImageBlockPublicAccessStateCommand,
  ImportSnapshotCommand,
  type ImportSnapshotTask,
  ModifySnapshotAttributeCommand,
  RegisterImageCommand,
  type Snapshot,
} from '@aws-sdk/client-ec2'
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'
import { isGone, unlessGone } from '../gone.ts'
import { openBlocks } from './api-blocks.ts'
import { common, filters, openEc2, tagList, tagsOf } from './api-clients.ts'
import { openObjects } from './api-objects.ts'
import { roleTrust } from './api-roles.ts'
import type { AwsDiskApi, AwsSnapshot } from './disk-port.ts'
import { awsError } from './errors.ts'
import type { AwsHome, Reader } from './port.ts'

/** Minutes after the last block until EBS gives up a snapshot: the longest it takes, so that a run can be continued. */
const patienceMinutes = 4320

/** EBS direct, EC2 and Systems Manager as publishing a disk uses them. No call is made before it is needed. */
export function connectAwsDisk(home: AwsHome): AwsDiskApi {
  const { call, sourceOf } = openEc2(home)
  const ebs = perRegion((region) => new EBSClient({ ...common, region }))
  const ssm = perRegion((region) => new SSMClient({ ...common, region }))
  // As the SDK's own clients have it: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html (2026-11)
  const { AWS_ENDPOINT_URL: anyEndpoint } = home.environment
  const { AWS_ENDPOINT_URL_EBS: endpoint = anyEndpoint, AWS_ENDPOINT_URL_IAM: iamEndpoint = anyEndpoint } =
    home.environment
  const blocks = perRegion((region) => openBlocks(region, ebs(region), endpoint))

  async function ask<T>(
    action: string,
    region: string,
    client: Parameters<typeof sourceOf>[0],
    send: Promise<T>,
  ): Promise<T> {
    try {
      return await send
    } catch (error) {
      throw awsError(error, action, region, await sourceOf(client))
    }
  }

  async function described(region: string, query: object): Promise<readonly AwsSnapshot[]> {
    const found: AwsSnapshot[] = []
    let next: string | undefined
    do {
      const page = await call('ec2:DescribeSnapshots', region, (ec2) =>
        ec2.send(new DescribeSnapshotsCommand({ ...query, ...(next === undefined ? {} : { NextToken: next }) })),
      )
      found.push(...(page.Snapshots ?? []).map(snapshotOf))
      next = page.NextToken
    } while (next !== undefined && next !== '')
    return found
  }

  async function importTasks(region: string, query: object): Promise<readonly ImportSnapshotTask[]> {
    const found: ImportSnapshotTask[] = []
    let next: string | undefined
    do {
      const page = await call('ec2:DescribeImportSnapshotTasks', region, (ec2) =>
        ec2.send(
          new DescribeImportSnapshotTasksCommand({ ...query, ...(next === undefined ? {} : { NextToken: next }) }),
        ),
      )
      found.push(...(page.ImportSnapshotTasks ?? []))
      next = page.NextToken
    } while (next !== undefined && next !== '')
    return found
  }

  return {
    snapshots: (region, tags) => described(region, { OwnerIds: ['self'], Filters: filters(tags), MaxResults: 500 }),

    async startSnapshot(region, { sizeGiB, description, token, tags }) {
      const client = ebs(region)
      const command = new StartSnapshotCommand({
        VolumeSize: sizeGiB,
        Description: description,
        // 64 characters at most; the first half of a sha256 tells as well.
        ClientToken: token.slice(0, 32),
        Tags: tagList(tags),
        Timeout: patienceMinutes,
      })
      const started = await ask('ebs:StartSnapshot', region, client, client.send(command))
      return started.SnapshotId ?? ''
    },

    putBlock: (region, snapshot, index, block, checksum) => blocks(region).put(snapshot, index, block, checksum),

    async completeSnapshot(region, snapshot, count, checksum) {
      const client = ebs(region)
      const command = new CompleteSnapshotCommand({
        SnapshotId: snapshot,
        ChangedBlocksCount: count,
        Checksum: checksum,
        ChecksumAlgorithm: 'SHA256',
        ChecksumAggregationMethod: 'LINEAR',
      })
      await ask('ebs:CompleteSnapshot', region, client, client.send(command))
    },

    async pollSnapshot(region, id, plain) {
      const [found] = (await unlessGone(described(region, { SnapshotIds: [id] }))) ?? []
      if (found === undefined) return undefined
      const { state, reason, encrypted } = found
      if (plain && encrypted)
        return {
          failed: `${region} encrypted the snapshot, and an encrypted image cannot be public`,
          hint: 'run the same command again: another program turned encryption by default on at the same moment',
        }
      if (state === 'completed') return { done: id }
      return state === 'pending' ? { busy: 'making the snapshot' } : { failed: `AWS reports ${state}: ${reason}` }
    },

    async importSnapshot(region, { object, description, token, tags }) {
      const command = new ImportSnapshotCommand({
        ClientToken: token,
        Description: description,
        DiskContainer: { Format: 'VMDK', UserBucket: { S3Bucket: object.bucket, S3Key: object.key } },
        TagSpecifications: [{ ResourceType: 'import-snapshot-task', Tags: tagList(tags) }],
      })
      return (await call('ec2:ImportSnapshot', region, (ec2) => ec2.send(command))).ImportTaskId ?? ''
    },

    async importOf(region, task) {
      const [found] = await importTasks(region, { ImportTaskIds: [task] }).catch((error: unknown) => {
        // It may take a while until a new one is seen everywhere.
        if (isGone(error)) return []
        throw error
      })
      const { Status, StatusMessage, Progress, SnapshotId } = found?.SnapshotTaskDetail ?? {}
      return {
        status: Status ?? 'active',
        message: StatusMessage ?? '',
        progress: Progress === undefined ? undefined : Number(Progress),
        snapshot: SnapshotId,
      }
    },

    async imports(region, tags) {
      const wanted = Object.entries(tags)
      const found = await importTasks(region, { MaxResults: 500 })
      const ours = found.filter((one) => wanted.every(([key, value]) => tagsOf(one.Tags)[key] === value))
      return ours.map(({ ImportTaskId = '' }) => ImportTaskId)
    },

    async cancelImport(region, task) {
      const command = new CancelImportTaskCommand({ ImportTaskId: task })
      await call('ec2:CancelImportTask', region, (ec2) => ec2.send(command))
    },

    async tagSnapshot(region, id, tags) {
      const command = new CreateTagsCommand({ Resources: [id], Tags: tagList(tags) })
      await call('ec2:CreateTags', region, (ec2) => ec2.send(command))
    },

    roleTrust: (role) =>
      roleTrust(new STSClient({ ...common, region: home.region }), { role, region: home.region }, iamEndpoint),
    objects: openObjects(),

    async deleteSnapshot(region, id) {
      await call('ec2:DeleteSnapshot', region, (ec2) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })))
    },

    async registerImage(region, image) {
      const command = new RegisterImageCommand({
        Name: image.name,
        Description: image.description,
        Architecture: image.architecture,
        BootMode: image.bootMode,
        VirtualizationType: 'hvm',
        EnaSupport: true,
        SriovNetSupport: 'simple',
        ImdsSupport: 'v2.0',
        ...(image.tpm ? { TpmSupport: 'v2.0' as const } : {}),
        ...(image.uefiData === undefined ? {} : { UefiData: image.uefiData }),
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/xvda',
            Ebs: { SnapshotId: image.snapshot, VolumeType: 'gp3', DeleteOnTermination: true },
          },
        ],
        TagSpecifications: [{ ResourceType: 'image', Tags: tagList(image.tags) }],
      })
      return (await call('ec2:RegisterImage', region, (ec2) => ec2.send(command))).ImageId ?? ''
    },

    async snapshotReaders(region, id) {
      const found = await call('ec2:DescribeSnapshotAttribute', region, (ec2) =>
        ec2.send(new DescribeSnapshotAttributeCommand({ SnapshotId: id, Attribute: 'createVolumePermission' })),
      )
      return (found.CreateVolumePermissions ?? []).flatMap((one): Reader[] => {
        if (one.UserId !== undefined) return [{ kind: 'user', id: one.UserId }]
        return one.Group === undefined ? [] : [{ kind: 'group', id: one.Group }]
      })
    },

    async changeSnapshotReaders(region, id, { add, remove }) {
      const permissions = (readers: readonly Reader[]) =>
        readers.map((one) => (one.kind === 'group' ? { Group: 'all' as const } : { UserId: one.id }))
      const command = new ModifySnapshotAttributeCommand({
        SnapshotId: id,
        Attribute: 'createVolumePermission',
        CreateVolumePermission: {
          ...(add.length === 0 ? {} : { Add: permissions(add) }),
          ...(remove.length === 0 ? {} : { Remove: permissions(remove) }),
        },
      })
      await call('ec2:ModifySnapshotAttribute', region, (ec2) => ec2.send(command))
    },

    async parameter(region, name) {
      const client = ssm(region)
      try {
        const send = client.send(new GetParameterCommand({ Name: name }))
        return (await ask('ssm:GetParameter', region, client, send)).Parameter?.Value
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    },

    async putTextParameter(region, name, value) {
      const client = ssm(region)
      const command = new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: true })
      await ask('ssm:PutParameter', region, client, client.send(command))
    },

    async deleteParameter(region, name) {
      const client = ssm(region)
      await ask('ssm:DeleteParameter', region, client, client.send(new DeleteParameterCommand({ Name: name })))
    },

    async putImageParameter(region, name, imageId) {
      const client = ssm(region)
      const command = new PutParameterCommand({
        ...{ Name: name, Value: imageId, Type: 'String', DataType: 'aws:ec2:image', Overwrite: true },
      })
      await ask('ssm:PutParameter', region, client, client.send(command))
    },

    async encryptsByDefault(region) {
      const found = await call('ec2:GetEbsEncryptionByDefault', region, (ec2) =>
        ec2.send(new GetEbsEncryptionByDefaultCommand({})),
      )
      return found.EbsEncryptionByDefault === true
    },

    async setEncryptionByDefault(region, on) {
      if (on)
        await call('ec2:EnableEbsEncryptionByDefault', region, (ec2) =>
          ec2.send(new EnableEbsEncryptionByDefaultCommand({})),
        )
      else
        await call('ec2:DisableEbsEncryptionByDefault', region, (ec2) =>
          ec2.send(new DisableEbsEncryptionByDefaultCommand({})),
        )
    },

    async blocksPublicImages(region) {
      const found = await call('ec2:GetImageBlockPublicAccessState', region, (ec2) =>
        ec2.send(new GetImageBlockPublicAccessStateCommand({})),
      )
      return found.ImageBlockPublicAccessState === 'block-new-sharing'
    },
  }
}

function perRegion<T>(open: (region: string) => T): (region: string) => T {
  const opened = new Map<string, T>()
  return (region) => {
    const known = opened.get(region) ?? open(region)
    opened.set(region, known)
    return known
  }
}

function snapshotOf(one: Snapshot): AwsSnapshot {
  return {
    id: one.SnapshotId ?? '',
    state: one.State ?? 'pending',
    reason: one.StateMessage ?? '',
    sizeGiB: one.VolumeSize ?? 0,
    encrypted: one.Encrypted === true,
    tags: tagsOf(one.Tags),
  }
}
