import { expect, test } from 'vitest'
import { itemsOf, textOf } from '../src/clouds/alibaba/answers.ts'
import { openClient } from '../src/clouds/alibaba/api-client.ts'
import { credentialSource } from '../src/clouds/alibaba/credentials.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type Ask, openRpc, tagged } from './alibaba-rpc.ts'

const region = 'us-west-1'

let ask: Ask
const here = useRehearsal(() => {
  ask = openRpc(here.rehearsal.environment, region)
})

/** The code of the refusal of a call, and its words. */
async function refusal(call: Promise<unknown>): Promise<string> {
  return call.then(() => 'accepted', String)
}

async function network(): Promise<{ readonly vswitch: string; readonly group: string }> {
  const found = await ask('vpc', 'DescribeVSwitches', { IsDefault: 'true' })
  const [first = {}] = itemsOf(found, 'VSwitches', 'VSwitch')
  const group = await ask('ecs', 'CreateSecurityGroup', { VpcId: textOf(first, 'VpcId') ?? '' })
  return { vswitch: textOf(first, 'VSwitchId') ?? '', group: textOf(group, 'SecurityGroupId') ?? '' }
}

async function launch(more: Readonly<Record<string, string>> = {}, action = 'RunInstances'): Promise<string> {
  const { vswitch, group } = await network()
  const answer = await ask('ecs', action, {
    ...{
      ImageFamily: 'acs:debian_12_11_x64',
      InstanceType: 'ecs.g6.large',
      VSwitchId: vswitch,
      SecurityGroupId: group,
    },
    ...more,
  })
  return textOf(answer, 'InstanceId') ?? JSON.stringify(answer.InstanceIdSets).split('"').at(-2) ?? ''
}

async function instance(id: string): Promise<Readonly<Record<string, unknown>>> {
  return (
    itemsOf(await ask('ecs', 'DescribeInstances', { InstanceIds: JSON.stringify([id]) }), 'Instances', 'Instance')[0] ??
    {}
  )
}

async function stoppedImage(name: string): Promise<string> {
  const id = await launch({}, 'CreateInstance')
  const image = textOf(await ask('ecs', 'CreateImage', { InstanceId: id, ImageName: name }), 'ImageId') ?? ''
  here.now += 2_000
  return image
}

test('an instance runs after a moment, with the address it was asked for, and ends with its disk', async () => {
  const id = await launch({ InternetMaxBandwidthOut: '5', ...tagged({ of: 'test' }) })
  expect(await instance(id)).toMatchObject({ Status: 'Starting', Tags: { Tag: [{ TagKey: 'of', TagValue: 'test' }] } })
  here.now += 1_000
  expect(await instance(id)).toMatchObject({
    Status: 'Running',
    PublicIpAddress: { IpAddress: [expect.stringMatching(/^127\./)] },
  })
  expect(here.machines.get(id)).toMatchObject({
    metadataAddress: '100.100.100.200:80',
    firmware: { product_name: 'Alibaba Cloud ECS' },
  })
  expect(await refusal(ask('ecs', 'DeleteInstance', { InstanceId: id }))).toContain('IncorrectInstanceStatus')
  await ask('ecs', 'DeleteInstance', { InstanceId: id, Force: 'true' })
  expect(here.machines.size).toBe(0)
  expect(await ask('ecs', 'DescribeDisks', {})).toMatchObject({ TotalCount: 0 })
})

test('an instance that was made alone is stopped, takes an address and a key, and starts with both', async () => {
  const id = await launch({}, 'CreateInstance')
  expect(await instance(id)).toMatchObject({ Status: 'Stopped', PublicIpAddress: { IpAddress: [] } })
  const eip = await ask('vpc', 'AllocateEipAddress', { Bandwidth: '5' })
  const address = textOf(eip, 'EipAddress')
  const AllocationId = textOf(eip, 'AllocationId') ?? ''
  await ask('vpc', 'AssociateEipAddress', { AllocationId, InstanceId: id })
  const made = await ask('ecs', 'CreateKeyPair', { KeyPairName: 'mine' })
  expect(textOf(made, 'PrivateKeyBody')).toContain('BEGIN RSA PRIVATE KEY')
  await ask('ecs', 'AttachKeyPair', { KeyPairName: 'mine', InstanceIds: JSON.stringify([id]) })
  await ask('ecs', 'StartInstance', { InstanceId: id })
  expect(await instance(id)).toMatchObject({ EipAddress: { IpAddress: address }, KeyPairName: 'mine' })
  expect(here.machines.get(id)?.publicAddress).toBe(address)
  expect(await refusal(ask('vpc', 'ReleaseEipAddress', { AllocationId }))).toContain('IncorrectEipStatus')
  await ask('ecs', 'StopInstance', { InstanceId: id })
  await ask('vpc', 'UnassociateEipAddress', { AllocationId, InstanceId: id })
  await ask('vpc', 'ReleaseEipAddress', { AllocationId })
})

test('a snapshot outlives its image and cannot go before it; an image that is being copied cannot go', async () => {
  const id = await stoppedImage('golden')
  const [image] = itemsOf(await ask('ecs', 'DescribeImages', { ImageId: id }), 'Images', 'Image')
  const snapshot = JSON.stringify(image?.DiskDeviceMappings).split('"SnapshotId":"')[1]?.split('"')[0] ?? ''
  const to = { ImageId: id, DestinationRegionId: 'eu-central-1', DestinationImageName: 'golden', ClientToken: 'once' }
  const copy = textOf(await ask('ecs', 'CopyImage', to), 'ImageId') ?? ''
  expect(textOf(await ask('ecs', 'CopyImage', to), 'ImageId')).toBe(copy)
  expect(await refusal(ask('ecs', 'CopyImage', { ...to, DestinationImageName: 'other' }))).toContain(
    'IdempotentParameterMismatch',
  )
  expect(await refusal(ask('ecs', 'DeleteImage', { ImageId: copy }, 'eu-central-1'))).toContain('IncorrectImageStatus')
  await ask('ecs', 'CancelCopyImage', { ImageId: copy }, 'eu-central-1')
  expect(await ask('ecs', 'DescribeSnapshots', {}, 'eu-central-1')).toMatchObject({ TotalCount: 0 })
  expect(await refusal(ask('ecs', 'DeleteSnapshot', { SnapshotId: snapshot }))).toContain('SnapshotCreatedImage')
  await ask('ecs', 'DeleteImage', { ImageId: id })
  await ask('ecs', 'DeleteSnapshot', { SnapshotId: snapshot })
})

test('by default only images that are there are told, public ones among them', async () => {
  const id = await stoppedImage('golden')
  const aliases = async (parameters: Readonly<Record<string, string>>): Promise<readonly unknown[]> =>
    itemsOf(await ask('ecs', 'DescribeImages', parameters), 'Images', 'Image').map((one) => one.ImageOwnerAlias)
  expect(await aliases({})).toEqual(['self', 'system'])
  expect(await aliases({ ImageOwnerAlias: 'marketplace' })).toEqual([])
  await ask('ecs', 'CopyImage', { ImageId: id, DestinationRegionId: region, DestinationImageName: 'other' })
  expect(await aliases({ ImageName: 'other' })).toEqual([])
  expect(await aliases({ ImageName: 'other', Status: 'Creating,Available' })).toEqual(['self'])
})

test('keys of other kinds than the listed are refused', async () => {
  const ed25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0DL1+LTVSgJz4Hhsvtd2XGjrSlAzLk8BMGSF8w2nPx'
  const imported = ask('ecs', 'ImportKeyPair', { KeyPairName: 'mine', PublicKeyBody: ed25519 })
  expect(await refusal(imported)).toContain('InvalidPublicKeyBody')
})

test('a VPC goes after all that is in it', async () => {
  const VpcId = textOf(await ask('ecs', 'CreateVpc', { CidrBlock: '172.16.0.0/16' }), 'VpcId') ?? ''
  const wanted = { VpcId, ZoneId: `${region}a`, CidrBlock: '172.16.0.0/24' }
  const VSwitchId = textOf(await ask('ecs', 'CreateVSwitch', wanted), 'VSwitchId') ?? ''
  expect(await refusal(ask('vpc', 'DeleteVpc', { VpcId }))).toContain('DependencyViolation.VSwitch')
  await ask('vpc', 'DeleteVSwitch', { VSwitchId })
  await ask('vpc', 'DeleteVpc', { VpcId })
  expect(await refusal(ask('vpc', 'DeleteVpc', { VpcId }))).toContain('InvalidVpcId.NotFound')
})

test('what is lacking is said, whether operation, parameter or region', async () => {
  expect(await refusal(ask('ecs', 'RebootInstance', {}))).toContain(
    'does not implement the operation RebootInstance of ecs',
  )
  expect(await refusal(ask('vpc', 'DescribeImages', {}))).toContain('does not implement')
  expect(await refusal(ask('ecs', 'DescribeImages', { Usage: 'none' }))).toContain(
    'the parameter Usage of DescribeImages',
  )
  expect(await refusal(ask('ecs', 'DescribeImages', { RegionId: 'mars-1' }))).toContain('InvalidRegionId.NotFound')
})

test('each request is signed anew: one that is sent again, late or changed is refused', async () => {
  const signed = { SignatureNonce: 'one' }
  await ask('ecs', 'DescribeRegions', signed)
  expect(await refusal(ask('ecs', 'DescribeRegions', signed))).toContain('SignatureNonceUsed')
  here.now += 20 * 60_000
  expect(await refusal(ask('ecs', 'DescribeRegions', {}))).toContain('InvalidTimeStamp.Expired')
})

test('the newer signature covers the body and what is to be done', async () => {
  const sent: { url: string; init: RequestInit }[] = []
  const real = globalThis.fetch
  globalThis.fetch = async (url, init) => {
    sent.push({ url: String(url), init: init ?? {} })
    return real(url, init)
  }
  try {
    await openClient(credentialSource(here.rehearsal.environment)).call('ecs:DescribeRegions', region, {})
  } finally {
    globalThis.fetch = real
  }
  const { url = '', init = {} } = sent[0] ?? {}
  const again = async (change: RequestInit): Promise<string> => (await fetch(url, { ...init, ...change })).text()
  expect(await again({})).toContain('SignatureNonceUsed')
  expect(await again({ body: 'RegionId=eu-central-1' })).toContain('ContentSha256')
  const other = { ...Object(init.headers), 'x-acs-action': 'DescribeImages' }
  expect(await again({ headers: other })).toContain('SignatureDoesNotMatch')
  expect(await again({ headers: {} })).toContain('<Code>MissingSignature</Code>')
})

test('a policy is enforced in RAM’s words', async () => {
  const Statement = [
    { Effect: 'Allow', Action: 'ecs:Describe*', Resource: '*' },
    { Effect: 'Deny', Action: ['ecs:DescribeInstances'], Resource: '*' },
  ]
  await here.reopen({ policy: { value: { Version: '1', Statement }, file: 'policy.json' } })
  await ask('ecs', 'DescribeImages', {})
  expect(await refusal(ask('ecs', 'DescribeInstances', {}))).toContain('Forbidden.RAM')
  expect(await refusal(ask('ecs', 'DescribeVpcs', {}))).toContain('(vpc:DescribeVpcs)')
})

test('a daemon that is started again has what there was, and nothing of what was secret in its journal', async () => {
  const id = await launch({ ClientToken: 'once', UserData: Buffer.from('password: hidden').toString('base64') })
  const stopped = await launch({}, 'CreateInstance')
  await here.reopen()
  expect([...here.machines.keys()]).toEqual([id])
  expect(await instance(stopped)).toMatchObject({ Status: 'Stopped' })
  const journal = JSON.stringify(lastEntries(filesOf(here.places).journal, 100))
  expect(journal).toContain('RunInstances')
  expect(journal).not.toMatch(/Signature|AccessKeyId|UserData/)
})

test('of copies out of a region five are made at once: the sixth waits for its turn', async () => {
  const image = await stoppedImage('golden')
  const to = ['eu-central-1', 'us-east-1', 'cn-beijing', 'cn-shanghai', 'cn-hongkong', 'cn-shenzhen']
  for (const DestinationRegionId of to) await ask('ecs', 'CopyImage', { ImageId: image, DestinationRegionId })
  const states = async (): Promise<readonly (string | undefined)[]> => {
    const asked = { ImageOwnerAlias: 'self', Status: 'Waiting,Creating,Available' }
    const found = await Promise.all(to.map((region) => ask('ecs', 'DescribeImages', asked, region)))
    return found.map((answer) => textOf(itemsOf(answer, 'Images', 'Image')[0] ?? {}, 'Status'))
  }
  expect(await states()).toEqual([...Array(5).fill('Creating'), 'Waiting'])
  here.now += 1_000
  expect(await states()).toEqual([...Array(5).fill('Available'), 'Creating'])
  here.now += 1_000
  expect(await states()).toEqual(Array(6).fill('Available'))
})
