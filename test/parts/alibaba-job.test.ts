import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { InitResult } from '../../src/actions/init.ts'
import type { Status } from '../../src/rehearsal/index.ts'
import { partsFolder } from '../../tools/parts-folder.ts'
import {
  currentPacker,
  killedBuild,
  missingPart,
  type Outcome,
  openSindri,
  type Sindri,
  ssh,
  startProgram,
} from './sindri.ts'

const run = promisify(execFile)
const region = 'ap-southeast-1'
const copied = 'eu-central-1'
const reader = '1111111111111111'
/** The request that launches a build's instance. */
const launch = 'CreateInstance'
const missing = await missingPart()

const current = currentPacker()
const plugin = existsSync(join(current?.PACKER_PLUGIN_PATH ?? '', 'github.com/hashicorp/alicloud'))
const python = join(partsFolder(process.env), 'alibaba-sdk/bin/python3')
const sdk = existsSync(python) || process.env.CI === 'true'

interface RamPolicy {
  readonly Version: string
  readonly Statement: readonly {
    readonly Effect: string
    readonly Action: readonly string[]
    readonly Resource: string
  }[]
}

let sindri: Sindri

function configure(
  more: Readonly<Record<string, unknown>> = {},
  build: Readonly<Record<string, unknown>> = { base: 'debian-12' },
): Promise<void> {
  const alibaba = { region, instance_type: 'ecs.g7.large', system_disk_size_gb: 20, ...more }
  return sindri.configure({ cloud: 'alibaba', tags: { team: 'platform' }, build, alibaba })
}

/** A rehearsed command with variables of the user's own. */
function runWith(variables: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, ...variables, SINDRI_HOME: sindri.home }
  const bin = join(import.meta.dirname, '../../bin/sindri.js')
  return startProgram(process.execPath, [bin, ...words, '--rehearse'], sindri.folder, env).ended
}

async function held(where = region): Promise<Status['resources']['alibaba'][string] | undefined> {
  return (await sindri.status()).resources.alibaba[where]
}

/** What a region holds besides images and their snapshots. */
const nothingElse = {
  ...{ disks: [], instances: [], keyPairs: [], securityGroups: [], vpcs: [], vswitches: [], addresses: [] },
} as const

async function refusals(): Promise<readonly unknown[]> {
  return (await sindri.status()).requests.filter(({ status }) => status === 403 || status === 501)
}

describe.skipIf(missing !== undefined)(`Alibaba Cloud, rehearsed (${missing ?? 'with real instances'})`, () => {
  let first: BuildResult
  let policy: RamPolicy
  let deployment: Deployment

  beforeAll(async () => {
    sindri = await openSindri()
    await configure()
    policy = await sindri.json('vm', 'permissions')
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('with the printed policy and nothing else, a build makes an image of the family’s newest, and leaves nothing else', async () => {
    await sindri.enforce(policy)
    first = await sindri.build()
    expect(first).toMatchObject({ cloud: 'alibaba', cached: false, rehearsed: true, base: 'debian-12', failed: [] })
    expect(first.image_id).toMatch(/^m-t4n[a-z0-9]{17}$/)
    const tags = {
      team: 'platform',
      'sindri:release': first.name,
      'sindri:base': 'debian-12',
      'sindri:ssh-user': 'root',
    }
    expect(await held()).toMatchObject({
      images: [{ id: first.image_id, name: first.name, state: 'Available', tags }],
      snapshots: [{ tags }],
      ...nothingElse,
    })
    expect(await refusals()).toEqual([])
  })

  test('what the run made carried its name, so that it could have been found', async () => {
    const { requests } = await sindri.status()
    const asked = (operation: string): unknown => requests.find((one) => one.operation === operation)?.parameters
    const name = expect.stringMatching(/^sindri-run-[0-9a-f]{24}$/)
    expect(asked(launch)).toMatchObject({ InstanceName: name, ImageId: expect.stringContaining('debian_12') })
    expect(asked('CreateVpc')).toMatchObject({ VpcName: name })
    expect(asked('CreateVSwitch')).toMatchObject({ VSwitchName: name })
    expect(asked('CreateKeyPair')).toMatchObject({ KeyPairName: name })
  })

  test('the same build again finds it and launches nothing; copies and readers are made of it', async () => {
    const before = await sindri.requested(launch)
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, cached: true, changed: [] })
    const copies = { image_copy_regions: [copied], image_copy_names: ['golden-eu'] }
    await configure({ ...copies, image_share_account: [reader], target_image_family: 'golden' })
    await sindri.enforce(await sindri.json<RamPolicy>('vm', 'permissions'))
    const again = await sindri.build()
    expect(again).toMatchObject({
      image_id: first.image_id,
      changed: [region, copied].flatMap((one) => [`readers/${one}`, `family/${one}`]),
    })
    expect(again.readers).toEqual({ [region]: `account ${reader}`, [copied]: `account ${reader}` })
    expect(await held(copied)).toMatchObject({
      images: [
        {
          id: again.regions[copied],
          name: 'golden-eu',
          family: 'golden',
          copyOf: first.image_id,
          sharedWith: [reader],
        },
      ],
      ...nothingElse,
    })
    expect(await sindri.build()).toMatchObject({ changed: [], regions: again.regions })
    expect(await sindri.requested(launch)).toBe(before)
  })

  test('with the builder’s own variables it is found too; with a wrong secret in one of them the build names it', async () => {
    const { ALIBABA_CLOUD_ACCESS_KEY_ID: id = '', ALIBABA_CLOUD_ACCESS_KEY_SECRET: secret = '' } = await sindri.json<
      Record<string, string>
    >('rehearsal', 'env')
    const listed = await runWith({ ALICLOUD_ACCESS_KEY: id, ALICLOUD_SECRET_KEY: secret }, 'vm', 'list')
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(first.image_id) })
    const wrong = { ALICLOUD_ACCESS_KEY: id, ALICLOUD_SECRET_KEY: 'not-the-secret' }
    const { code, stderr } = await runWith(wrong, 'vm', 'build')
    expect(stderr).toContain('credentials from ALICLOUD_ACCESS_KEY of the environment were not accepted')
    expect(stderr).not.toContain('not-the-secret')
    expect(code).toBe(3)
  })

  test('it is listed, and root logs in to an instance of it with a key of its own', async () => {
    await configure()
    const listed: unknown = await sindri.json('vm', 'list', '--rehearse')
    expect(JSON.stringify(listed)).toContain(first.image_id)
    deployment = await sindri.json('vm', 'deploy', first.image_id, '--instance-type', 'ecs.t6-c1m2.large', '--rehearse')
    expect(deployment).toMatchObject({ ssh_user: 'root', instance_type: 'ecs.t6-c1m2.large', region })
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, 'sindri --version')).toBe(first.sindri_version)
    expect(await ssh(deployment, 'cloud-init query cloud_name')).toBe('aliyun')
    expect(await ssh(deployment, 'cat /sys/class/dmi/id/product_name')).toBe('Alibaba Cloud ECS')
    expect(await ssh(deployment, 'cut -d" " -f1,3 .ssh/authorized_keys')).toBe(`ssh-rsa ${deployment.deployment}`)
    expect(await held()).toMatchObject({
      instances: [{ id: deployment.instance_id, state: 'Running' }],
      securityGroups: [{ rules: [{ SourceCidrIp: '127.0.0.1/32', PortRange: '22/22' }] }],
      keyPairs: [{}],
    })
  })

  test('terminating removes all that was deployed', async () => {
    await sindri.json('vm', 'terminate', deployment.instance_id, '--force', '--rehearse')
    expect(await held()).toMatchObject(nothingElse)
  })

  test('deleting the image leaves nothing at all', async () => {
    await sindri.json('vm', 'delete', first.image_id, '--force', '--all-regions', '--rehearse')
    expect((await sindri.status()).resources.alibaba).toEqual({})
    expect(await refusals()).toEqual([])
  })

  test('an encrypted image, which is a copy, is tagged as any other', async () => {
    await configure({ image_encrypted: true })
    await sindri.enforce(await sindri.json<RamPolicy>('vm', 'permissions'))
    const built = await sindri.build('--name', 'encrypted')
    const tags = { 'sindri:release': built.name, 'sindri:fingerprint': built.fingerprint, 'sindri:version': '3.1.0' }
    expect(await held()).toMatchObject({
      images: [{ id: built.image_id, encrypted: true, tags }],
      snapshots: [{ encrypted: true, tags }],
      ...nothingElse,
    })
    expect(await sindri.build('--name', 'encrypted')).toMatchObject({ image_id: built.image_id, cached: true })
    await sindri.json('vm', 'delete', built.image_id, '--force', '--rehearse')
    expect((await sindri.status()).resources.alibaba).toEqual({})
    await configure()
  })

  test('what a killed Sindri and a killed Packer left behind is swept by the next run', async () => {
    await sindri.enforce(policy)
    await killedBuild(sindri, 'killed')
    expect(await held()).toMatchObject({
      ...{ images: [], instances: [{ state: 'Running' }], disks: [{}], keyPairs: [{}] },
      ...{ securityGroups: [{}], vpcs: [{}], vswitches: [{}], addresses: [{}] },
    })
    const { image_id: image } = await sindri.build('--name', 'killed')
    expect(await held()).toMatchObject({ images: [{ id: image }], ...nothingElse })
    await sindri.json('vm', 'delete', image, '--force', '--rehearse')
  })

  test('what init writes makes an image with plain Packer, and none with a secret that is wrong', async () => {
    await sindri.json('rehearsal', 'up', '--policy', 'none')
    // Of families Packer 1.6.6 knows nothing.
    await configure({}, { base: 'debian_12_11_x64_20G_alibase_20250725.vhd' })
    const made: InitResult = await sindri.json('vm', 'init', '-o', 'd')
    expect(made.template).toBe('./d/alibaba.pkr.hcl')
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const packer = (secret: object): Promise<Outcome> => {
      const env = { ...process.env, ...rehearsed, ...secret, CHECKPOINT_DISABLE: '1' }
      return startProgram('packer', ['build', '-color=false', 'd'], sindri.folder, env).ended
    }
    const refused = await packer({ ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' })
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('SignatureDoesNotMatch') })
    expect(await held()).toBeUndefined()
    const built = await packer({})
    expect(built, built.stdout).toMatchObject({ code: 0 })
    const tags = { 'sindri:managed': 'true', 'sindri:ssh-user': 'root' }
    expect(await held()).toMatchObject({ images: [{ state: 'Available', tags }], ...nothingElse })
  })
})

describe.skipIf(missing !== undefined || !plugin)('the packer of npm run parts, with Alibaba Cloud', () => {
  beforeAll(async () => {
    sindri = await openSindri(current)
    await configure({ target_image_family: 'golden', resource_group_id: 'rg-bp67acfmxazb4p' })
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('builds with the printed policy and nothing else', async () => {
    await sindri.enforce(await sindri.json<RamPolicy>('vm', 'permissions'))
    const built = await sindri.build()
    expect(built).toMatchObject({ cached: false, failed: [] })
    expect(await refusals()).toEqual([])
    const { requests } = await sindri.status()
    const created = requests.find(({ operation }) => operation === launch)?.parameters
    expect(created).toMatchObject({ ImageFamily: 'acs:debian_12_11_x64', 'Tag.1.Key': expect.any(String) })
    expect(await held()).toMatchObject({ images: [{ id: built.image_id, family: 'golden' }], ...nothingElse })
  })

  test('what init writes copies and shares with plain Packer', async () => {
    await configure({ image_copy_regions: [copied], image_share_account: [reader] })
    await sindri.json('vm', 'init', '-o', 'd')
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    await sindri.json('rehearsal', 'up', '--policy', 'none')
    const env = { ...process.env, ...current, ...rehearsed, CHECKPOINT_DISABLE: '1' }
    const built = await startProgram('packer', ['build', '-color=false', 'd'], sindri.folder, env).ended
    expect(built, built.stdout).toMatchObject({ code: 0 })
    expect(await held(copied)).toMatchObject({ images: [{ sharedWith: [reader] }], ...nothingElse })
  })

  test.skipIf(!sdk)('the vendor’s Python client lists, runs and deletes it', async () => {
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const script = join(import.meta.dirname, 'alibaba-sdk.py')
    const env = { ...process.env, ...rehearsed }
    const { stdout } = await run(python, [script, region], { env })
    expect(JSON.parse(stdout)).toMatchObject({
      described: { status: 'Available', tags: { team: 'platform' } },
      instance: 'Running',
      left: [],
    })
  })
})
