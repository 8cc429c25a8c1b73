import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { textOf } from '../src/clouds/alibaba/answers.ts'
import { connectAlibaba } from '../src/clouds/alibaba/api.ts'
import { credentialSource } from '../src/clouds/alibaba/credentials.ts'
import type { AlibabaApi, InstanceRequest } from '../src/clouds/alibaba/port.ts'
import { alibabaPublish } from '../src/clouds/alibaba/publish.ts'
import { alibabaOf } from '../src/clouds/alibaba/settings.ts'
import { alibabaTarget } from '../src/clouds/alibaba/target.ts'
import type { Environment, MadeImage } from '../src/clouds/cloud.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import type { Resolved } from '../src/config/resolved.ts'
import { apply } from '../src/core/apply.ts'
import { instantClock, memoryStore } from '../src/core/fake-cloud.fixture.ts'
import { plan } from '../src/core/plan.ts'
import { step } from '../src/core/step.ts'
import { temporary } from '../src/rehearsal/alibaba/signature.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { openRpc } from './alibaba-rpc.ts'

const region = 'ap-southeast-1'
// Moves with every request, so that nothing is waited for.
const here = useRehearsal(undefined, (now) => now + 400)

/** A rehearsed account with these faults to come or this policy to enforce, and a client of it. */
async function open(
  settings: { readonly faults?: readonly object[]; readonly actions?: readonly string[] } = {},
): Promise<AlibabaApi> {
  const { faults = [], actions } = settings
  const value = { Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }
  const policy = actions === undefined ? null : { value, file: 'policy.json' }
  await here.reopen({ policy, faults })
  return client(here.rehearsal.environment)
}

function client(environment: Environment): AlibabaApi {
  return connectAlibaba({ credentials: credentialSource(environment), region })
}

function resolved(alibaba: object = {}, build: object = {}): Resolved {
  const packer = { cloud: 'alibaba', build, alibaba: { region, ...alibaba } }
  const config = { version: '1.0', name: 'golden', providers: { packer } }
  return resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} })
}

afterEach(() => {
  vi.unstubAllEnvs()
})

async function request(api: AlibabaApi): Promise<InstanceRequest> {
  const [vswitch] = await api.vswitches(region, { isDefault: true })
  const { id: vswitchId = '', vpcId = '' } = vswitch ?? {}
  const group = { name: 'sindri-dep', vpcId, tags: {}, token: 'g' }
  return {
    name: 'sindri-dep',
    imageId: await api.newestOf(region, 'acs:debian_12_11_x64'),
    instanceType: 'ecs.g7.large',
    keyName: '',
    securityGroupId: await api.createSecurityGroup(region, group),
    vswitchId,
    bandwidth: 5,
    chargeType: 'PayByTraffic',
    tags: { of: 'test' },
    token: 'a'.repeat(64),
  }
}

test('what Alibaba Cloud began although its answer was lost is begun once', async () => {
  const lost = { when: 'after', code: 'Disconnect', left: 1 }
  const api = await open({
    faults: ['RunInstances', 'CreateSecurityGroup'].map((operation) => ({ operation, ...lost })),
  })
  const wanted = await request(api)
  const id = await api.runInstance(region, wanted)
  expect(await api.runInstance(region, wanted)).toBe(id)
  expect([...here.machines.keys()]).toEqual([id])
  expect(await api.securityGroups(region, {})).toHaveLength(1)
})

test('a call that Alibaba Cloud was too busy for is sent again', async () => {
  const api = await open({
    faults: [{ operation: 'DescribeImages', when: 'before', code: 'Throttling.User', left: 2 }],
  })
  expect(await api.images(region, {})).toEqual([])
})

test('a refused call names the action that is lacking', async () => {
  const api = await open({ actions: ['ecs:DescribeInstances'] })
  expect(await api.instances(region, {})).toEqual([])
  await expect(api.images(region, {})).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('Forbidden.RAM'),
    hint: expect.stringContaining('add ecs:DescribeImages'),
  })
  // Whoever it is may ask who it is.
  expect(await api.identity()).toEqual({ account: '1234567890123456', arn: 'acs:ram::1234567890123456:user/rehearsal' })
})

test('keys that are not accepted are told of with the variable they are in, and without the keys', async () => {
  const right = here.rehearsal.environment
  const wrong = [
    [{ ...right, ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'of-another' }, 'SignatureDoesNotMatch'],
    [{ ...right, ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI-unknown' }, 'InvalidAccessKeyId.NotFound'],
    [{ ...right, ALIBABA_CLOUD_SECURITY_TOKEN: 'of-another' }, 'InvalidSecurityToken'],
  ] as const
  for (const [environment, code] of wrong) {
    const error = await client(environment).identity().catch(String)
    expect(error).toContain('from ALIBABA_CLOUD_ACCESS_KEY_ID of the environment were not accepted')
    expect(error).toContain(code)
    expect(error).not.toContain('of-another')
  }
  await expect(client({}).images(region, {})).rejects.toMatchObject({ code: 'credentials' })
})

test('temporary keys and the builder’s own variables are taken', async () => {
  const environment = {
    ALICLOUD_ACCESS_KEY: temporary.id,
    ALICLOUD_SECRET_KEY: temporary.secret,
    SECURITY_TOKEN: temporary.token,
  }
  expect((await client(environment).identity()).arn).toContain('assumed-role')
})

test('a profile is taken from the file of the aliyun CLI, and told of by its name', async () => {
  const home = here.folder
  const { ALIBABA_CLOUD_ACCESS_KEY_ID: id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret } = here.rehearsal.environment
  const profile = { name: 'images', mode: 'AK', access_key_id: id, access_key_secret: secret, region_id: region }
  mkdirSync(join(home, '.aliyun'))
  const file = join(home, '.aliyun/config.json')
  writeFileSync(
    file,
    JSON.stringify({ current: 'other', profiles: [profile, { ...profile, name: 'wrong', access_key_secret: 'x' }] }),
  )
  vi.stubEnv('HOME', home)
  expect((await client({ ALIBABA_CLOUD_PROFILE: 'images' }).identity()).account).toBe('1234567890123456')
  const target = alibabaTarget(connectAlibaba, resolved(), { ALIBABA_CLOUD_PROFILE: 'images' })
  expect(await target.packerCredentials?.()).toMatchObject({
    ALIBABA_CLOUD_ACCESS_KEY_ID: id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret,
    ALIBABA_CLOUD_PROFILE: '',
  })
  for (const name of ['wrong', 'none'])
    await expect(client({ ALICLOUD_PROFILE: name }).identity()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining(`from profile "${name}" of ~/.aliyun/config.json`),
    })
  writeFileSync(file, `{ "profiles": [ "${secret}"`)
  const error = await client({ ALIBABA_CLOUD_PROFILE: 'images' }).identity().catch(String)
  expect(error).not.toContain(secret)
})

test('a family is resolved to its newest image, and one that is not there is told of', async () => {
  const target = alibabaTarget(connectAlibaba, resolved({}, { base: 'debian-12' }), here.rehearsal.environment)
  expect(await target.sourceImage?.()).toBe('debian_12_11_x64_20G_alibase_20250725.vhd')
  const other = alibabaTarget(connectAlibaba, resolved({}, { base: 'acs:none_1_x64' }), here.rehearsal.environment)
  await expect(other.sourceImage?.()).rejects.toMatchObject({
    code: 'not-found',
    hint: expect.stringContaining('build.base'),
  })
})

test('without a default VSwitch of the zone a deployment says what to name', async () => {
  const target = alibabaTarget(connectAlibaba, resolved({ zone_id: 'ap-southeast-1z' }), here.rehearsal.environment)
  const image = { id: 'm-1', name: 'golden-1', region, state: 'available', createdAt: '', tags: {} } as const
  const more = { sindriVersion: '', release: '', fingerprint: '', base: '', sshUser: 'root' }
  const { steps } = target.launch.steps({
    deployment: 'dep',
    image: { ...image, ...more },
    instanceType: 'ecs.g7.large',
    key: { name: 'mine' },
    sshSourceRanges: ['192.0.2.0/24'],
  })
  expect(steps.map(({ id }) => id)).toEqual(['security-group', 'instance'])
  const work = { release: 'dep', clock: instantClock(), signal: new AbortController().signal, emit: () => {} }
  await expect(apply({ ...work, plan: plan(steps), store: memoryStore() })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('no default VSwitch in ap-southeast-1z'),
    hint: expect.stringContaining('--subnet'),
  })
})

test('an image joins its family when all is done, and what follows is made from it', async () => {
  const api = await open()
  const instance = await api.runInstance(region, await request(api))
  const ask = openRpc(here.rehearsal.environment, region)
  await ask('ecs', 'StopInstance', { InstanceId: instance })
  const id = textOf(await ask('ecs', 'CreateImage', { InstanceId: instance, ImageName: 'golden-1' }), 'ImageId') ?? ''
  const settings = alibabaOf(resolved({ target_image_family: 'golden' }))
  const release = { name: 'golden-1', fingerprint: 'feed', cloud: 'alibaba', region } as const
  const built = step<MadeImage, null>('image', {
    title: 'build',
    digest: 'feed',
    find: async () => ({ digest: 'feed', out: { id, region, name: 'golden-1' } }),
    start: async () => null,
    poll: async () => ({ failed: 'it is built before' }),
  })
  const planned = alibabaPublish(api, settings, () => ({})).plan(release, built)
  expect(planned.settings.map((one) => one.id)).toEqual([`readers/${region}`, `family/${region}`])
  const work = { release: 'golden-1', clock: instantClock(), signal: new AbortController().signal }
  const changed: string[] = []
  for (let times = 0; times < 2; times++)
    await apply({
      ...work,
      plan: plan([built], planned.settings),
      store: memoryStore(),
      emit: (event) => event.type === 'setting' && event.change === 'made' && changed.push(event.id),
    })
  expect(changed).toEqual([`family/${region}`])
  expect(await api.newestOf(region, 'golden')).toBe(id)
})

test('of what a log names the first is swept, and only where the builder makes such a thing', async () => {
  const api = await open()
  const { vswitchId, securityGroupId: first } = await request(api)
  const [vswitch] = await api.vswitches(region, { ids: [vswitchId] })
  const vpcId = vswitch?.vpcId ?? ''
  const other = await api.createSecurityGroup(region, { name: 'other', vpcId, tags: {}, token: 'o' })
  const marks = { token: 'a'.repeat(64), release: 'golden-1', region }
  const sweep = (section: object, log: string): Promise<readonly string[]> => {
    const publish = alibabaPublish(api, alibabaOf(resolved(section)), () => ({}))
    return publish.sweepRun({ ...marks, named: log.match(publish.named ?? /$^/) ?? [] })
  }
  const log = `Created security group: ${first}\nsetup.sh: Created security group: ${other}\nAllocated eip: 192.0.2.1`
  const ownGroup = { vpc_id: 'vpc-bp1s5fnvk4gn2tws03', security_group_id: 'sg-bp1s5fnvk4gn2tws03' }
  expect(await sweep(ownGroup, log)).toEqual([])
  expect(await sweep({}, log)).toEqual([first])
  expect((await api.securityGroups(region, {})).map(({ id }) => id)).toEqual([other])
})

test('an image that its builder left without tags is given them, with its snapshots, once', async () => {
  const api = await open()
  const wanted = await request(api)
  const instance = await api.runInstance(region, wanted)
  const settings = alibabaOf(resolved())
  const ask = openRpc(here.rehearsal.environment, region)
  await ask('ecs', 'StopInstance', { InstanceId: instance })
  const id = textOf(await ask('ecs', 'CreateImage', { InstanceId: instance, ImageName: 'golden-1' }), 'ImageId') ?? ''
  const tagsOf = vi.fn(() => ({ 'sindri:release': 'golden-1', 'sindri:fingerprint': 'feed' }))
  const publish = alibabaPublish(api, settings, tagsOf)
  const release = { name: 'golden-1', fingerprint: 'feed', cloud: 'alibaba', region } as const
  for (let times = 0; times < 2; times++) await publish.mark?.(release, { id, region, name: 'golden-1' }, '3.1.0')
  expect(tagsOf).toHaveBeenCalledTimes(1)
  expect(await api.images(region, { tags: { 'sindri:release': 'golden-1' } })).toMatchObject([
    { id, tags: { 'sindri:fingerprint': 'feed' } },
  ])
})
