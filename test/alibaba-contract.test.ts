import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { itemsOf, textOf } from '../src/clouds/alibaba/answers.ts'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { type Account, cloudContract } from '../src/clouds/contract.ts'
import { connect } from '../src/clouds/index.ts'
import { tag, temporaryName } from '../src/clouds/tags.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { installDial } from '../src/rehearsal/dial.ts'
import { openInProcess } from '../src/rehearsal/in-process.ts'
import { openRpc, type Parameters, tagged } from './alibaba-rpc.ts'

const region = 'cn-hangzhou'
const others = ['ap-southeast-1', 'eu-central-1'] as const
const stepMs = 400

const publicKey =
  'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCl182jKbLoRWUse3eajaD+ZMKuqFHmmajqSyT2IefON7GXeNtLpx0+WeE4AW08JDBGC+5o3otUHuXAWAygdZ+BKIOdqRWikFITw8fdpDvQGjRxkyBfjcQWv0+3CzxiAj5Th2J9CCnC5Ge3PF0xSOcKdKmHKRjJ1bhJ6lyVac5rOD9Y3dehjScqufy2skCx21W5K6lF1iP0ds/aKldKqLBTtXkYyfEDQHb5O9ymHwVloWQZl5L7yFihtUkFcg8hSfaYhQDVLeQg3gUZcyhUQ52KSTC4mN4D4YOP1SR+52bE8cbhRCu7Br/jEizFYBox4KhpwNNsxl7gGgW67Y5E1avz contract'

/** The lists that things are told in. */
const kinds: readonly (readonly [string, string, string, string, string])[] = [
  ['ecs', 'DescribeInstances', 'Instances', 'Instance', 'InstanceId'],
  ['ecs', 'DescribeImages', 'Images', 'Image', 'ImageId'],
  ['ecs', 'DescribeSnapshots', 'Snapshots', 'Snapshot', 'SnapshotId'],
  ['ecs', 'DescribeDisks', 'Disks', 'Disk', 'DiskId'],
  ['ecs', 'DescribeKeyPairs', 'KeyPairs', 'KeyPair', 'KeyPairName'],
  ['ecs', 'DescribeSecurityGroups', 'SecurityGroups', 'SecurityGroup', 'SecurityGroupId'],
  ['vpc', 'DescribeVpcs', 'Vpcs', 'Vpc', 'VpcId'],
  ['vpc', 'DescribeVSwitches', 'VSwitches', 'VSwitch', 'VSwitchId'],
  ['vpc', 'DescribeEipAddresses', 'EipAddresses', 'EipAddress', 'AllocationId'],
]

/** An empty rehearsed account, reached by production endpoints. Its clock moves with every request, so nothing is waited for. */
async function openAccount(): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-alibaba-contract-'))
  let now = Date.now()
  const { rehearsal, close } = await openInProcess(
    { home: join(folder, 'home'), cache: join(folder, 'cache') },
    () => (now += stepMs),
  )
  // The last one installed is the first asked, and passes loopback on to those before it.
  installDial(rehearsal)
  const environment = rehearsal.environment
  const ask = openRpc(environment, region)

  /** As Packer does it: a network of its own, and an instance that is stopped at first. */
  async function builder(name: string, tags: Parameters): Promise<Readonly<Record<string, string>>> {
    const id = async (service: string, action: string, member: string, parameters: Parameters): Promise<string> =>
      textOf(await ask(service, action, parameters), member) ?? ''
    const vpc = await id('ecs', 'CreateVpc', 'VpcId', { CidrBlock: '172.16.0.0/16', VpcName: name })
    const vswitch = await id('ecs', 'CreateVSwitch', 'VSwitchId', {
      ...{ VpcId: vpc, ZoneId: `${region}-h`, CidrBlock: '172.16.0.0/24', VSwitchName: name },
    })
    const group = await id('ecs', 'CreateSecurityGroup', 'SecurityGroupId', { VpcId: vpc })
    const instance = await id('ecs', 'CreateInstance', 'InstanceId', {
      ...{ ImageFamily: 'acs:debian_12_11_x64', InstanceType: 'ecs.g6.large', InstanceName: name },
      ...{ VSwitchId: vswitch, SecurityGroupId: group, ...tagged(tags) },
    })
    const eip = await id('ecs', 'AllocateEipAddress', 'AllocationId', {})
    await ask('ecs', 'AssociateEipAddress', { AllocationId: eip, InstanceId: instance })
    return { vpc, vswitch, group, instance, eip }
  }

  async function image(instance: string, name: string): Promise<string> {
    return textOf(await ask('ecs', 'CreateImage', { InstanceId: instance, ImageName: name }), 'ImageId') ?? ''
  }

  return {
    region,
    others,
    instanceType: 'ecs.g6.large',
    readers: ['1111111111111111', '2222222222222222'],
    publicKey,
    withoutDeprecation: true,
    unknownImage: 'm-bp1000000000000000000',
    connect({ regions, readers }) {
      const alibaba = { region, image_copy_regions: regions, image_share_account: readers }
      const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'alibaba', alibaba } } }
      return connect(resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} }), environment)
    },
    async build({ name, fingerprint }): Promise<MadeImage> {
      const [vswitch = {}] = itemsOf(
        await ask('vpc', 'DescribeVSwitches', { IsDefault: 'true' }),
        'VSwitches',
        'VSwitch',
      )
      const of = async (action: string, member: string, parameters: Parameters): Promise<string> =>
        textOf(await ask('ecs', action, parameters), member) ?? ''
      const group = await of('CreateSecurityGroup', 'SecurityGroupId', { VpcId: textOf(vswitch, 'VpcId') ?? '' })
      const instance = await of('CreateInstance', 'InstanceId', {
        ...{ ImageFamily: 'acs:debian_12_11_x64', InstanceType: 'ecs.g6.large', SecurityGroupId: group },
        VSwitchId: textOf(vswitch, 'VSwitchId') ?? '',
      })
      const tags = { [tag.release]: name, [tag.fingerprint]: fingerprint, [tag.managed]: 'true' }
      const id = await of('CreateImage', 'ImageId', { InstanceId: instance, ImageName: name, ...tagged(tags) })
      await ask('ecs', 'DeleteInstance', { InstanceId: instance, Force: 'true' })
      await ask('ecs', 'DeleteSecurityGroup', { SecurityGroupId: group })
      while (itemsOf(await ask('ecs', 'DescribeImages', { ImageId: id }), 'Images', 'Image').length === 0)
        await delay(0)
      return { id, region, name }
    },
    async abandonRun({ token, release }) {
      const made = await builder(temporaryName(token), { [tag.run]: token, [tag.release]: release })
      const { instance = '' } = made
      await ask('ecs', 'CreateKeyPair', { KeyPairName: temporaryName(token) })
      if (token.startsWith('b')) return []
      // A run that was killed after its image was begun, and beside it one that was to be encrypted.
      await image(instance, release)
      await image(instance, 'packer_aB3dE6g')
      return ['packer_aB3dE6g']
    },
    async inventory() {
      const found = await Promise.all(
        [region, ...others].flatMap((at) =>
          kinds.map(async ([service, action, list, item, id]) => {
            const mine: Parameters =
              action === 'DescribeImages' ? { ImageOwnerAlias: 'self', Status: 'Creating,Available' } : {}
            const answer = await ask(service, action, { PageSize: '50', ...mine }, at)
            return itemsOf(answer, list, item)
              .filter(({ IsDefault }) => IsDefault !== true)
              .map((one) => `${at} ${item} ${textOf(one, id)}`)
          }),
        ),
      )
      return found.flat().sort()
    },
    async close() {
      await close()
      rmSync(folder, { recursive: true })
    },
  }
}

cloudContract('alibaba', openAccount)
