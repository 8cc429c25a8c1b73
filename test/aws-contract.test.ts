import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { vi } from 'vitest'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { type Account, cloudContract } from '../src/clouds/contract.ts'
import { connect } from '../src/clouds/index.ts'
import { tag, temporaryName } from '../src/clouds/tags.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { openInProcess } from '../src/rehearsal/in-process.ts'

const region = 'us-west-2'
const others = ['eu-west-1', 'us-east-2'] as const
const stepMs = 400

/** An empty rehearsed account, reached by the SDK's own settings. Its clock moves with every request, so nothing is waited for. */
async function openAccount(): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-aws-contract-'))
  let now = Date.now()
  const { rehearsal, close } = await openInProcess(
    { home: join(folder, 'home'), cache: join(folder, 'cache') },
    () => (now += stepMs),
  )
  for (const [name, value] of Object.entries(rehearsal.environment)) vi.stubEnv(name, value)
  const ec2 = (where: string): sdk.EC2Client => new sdk.EC2Client({ region: where })
  const here = ec2(region)
  const tagged = (ResourceType: sdk.ResourceType, tags: Record<string, string>): sdk.TagSpecification => ({
    ResourceType,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  })
  const base = await here.send(new sdk.DescribeImagesCommand({ Owners: ['136693071363'] }))

  async function builder(tags: Record<string, string>, SecurityGroupIds?: string[]): Promise<string> {
    const { Instances } = await here.send(
      new sdk.RunInstancesCommand({
        ImageId: base.Images?.[0]?.ImageId,
        InstanceType: 't3.large',
        MinCount: 1,
        MaxCount: 1,
        SecurityGroupIds,
        TagSpecifications: [tagged('instance', tags)],
      }),
    )
    return Instances?.[0]?.InstanceId ?? ''
  }

  async function inventoryOf(where: string): Promise<readonly string[]> {
    const client = ec2(where)
    const [images, snapshots, instances, groups, keys] = await Promise.all([
      client.send(new sdk.DescribeImagesCommand({ Owners: ['self'] })),
      client.send(new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
      client.send(new sdk.DescribeInstancesCommand({})),
      client.send(new sdk.DescribeSecurityGroupsCommand({})),
      client.send(new sdk.DescribeKeyPairsCommand({})),
    ])
    const alive = (instances.Reservations ?? [])
      .flatMap((one) => one.Instances ?? [])
      .filter((one) => one.State?.Name !== 'terminated')
    return [
      ...(images.Images ?? []).map((one) => `image ${one.ImageId}`),
      ...(snapshots.Snapshots ?? []).map((one) => `snapshot ${one.SnapshotId}`),
      ...alive.map((one) => `instance ${one.InstanceId}`),
      ...(groups.SecurityGroups ?? [])
        .filter((one) => one.GroupName !== 'default')
        .map((one) => `security group ${one.GroupName}`),
      ...(keys.KeyPairs ?? []).map((one) => `key pair ${one.KeyName}`),
    ].map((thing) => `${where}: ${thing}`)
  }

  return {
    region,
    others,
    instanceType: 't3.large',
    readers: ['111122223333', '444455556666'],
    unknownImage: 'ami-0123456789abcdef0',
    connect({ regions, readers }) {
      const section = {
        region,
        ami_regions: regions,
        ami_users: readers,
        encrypt_boot: false,
        deprecate_after_days: 30,
      }
      const packer = { cloud: 'aws', aws: section }
      const config = loadConfig(
        JSON.stringify({ version: '1.0', name: 'golden', providers: { packer } }),
        'sindri.yaml',
      )
      return connect(resolve(config, {}, { env: {} }), {})
    },
    async build({ name, fingerprint }): Promise<MadeImage> {
      const tags = { [tag.release]: name, [tag.fingerprint]: fingerprint, [tag.managed]: 'true' }
      const InstanceId = await builder({})
      const { ImageId: id = '' } = await here.send(
        new sdk.CreateImageCommand({
          InstanceId,
          Name: name,
          TagSpecifications: [tagged('image', tags), tagged('snapshot', tags)],
        }),
      )
      await here.send(new sdk.TerminateInstancesCommand({ InstanceIds: [InstanceId] }))
      await sdk.waitUntilImageAvailable({ client: here, maxWaitTime: 10, minDelay: 1 }, { ImageIds: [id] })
      return { id, region, name }
    },
    async abandonRun({ token, release }) {
      const run = { [tag.run]: token, [tag.release]: release, [tag.managed]: 'true' }
      const names = [`packer_${randomUUID()}`, `packer_${randomUUID()}`]
      const ids: string[] = []
      for (const GroupName of names) {
        const made = await here.send(new sdk.CreateSecurityGroupCommand({ GroupName, Description: 'Temporary group' }))
        ids.push(made.GroupId ?? '')
      }
      await here.send(new sdk.CreateKeyPairCommand({ KeyName: temporaryName(token) }))
      const InstanceId = await builder(run, ids.slice(0, 1))
      // Packer tags an image after it was made: a kill in between leaves a name and nothing else.
      await here.send(new sdk.CreateImageCommand({ InstanceId, Name: release }))
      return names.slice(1)
    },
    inventory: async () => (await Promise.all([region, ...others].map(inventoryOf))).flat().sort(),
    async close() {
      await close()
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true })
    },
  }
}

cloudContract('aws', openAccount)
