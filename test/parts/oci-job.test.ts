import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { InitResult } from '../../src/actions/init.ts'
import type { Status } from '../../src/rehearsal/index.ts'
import { partsFolder } from '../../tools/parts-folder.ts'
import { currentPacker, killedBuild, missingPart, openSindri, type Sindri, ssh, startProgram } from './sindri.ts'

const run = promisify(execFile)
const compartment = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const region = 'us-ashburn-1'
const missing = await missingPart()

const current = currentPacker()
const plugin = existsSync(join(current?.PACKER_PLUGIN_PATH ?? '', 'github.com/hashicorp/oracle'))
const cli = join(partsFolder(process.env), 'oci-cli/bin/oci')
const inCi = process.env.CI === 'true'

let sindri: Sindri

/** Packer 1.6.6 cannot size a flexible shape. */
function configure(more: Readonly<Record<string, unknown>> = {}, sindriRegion?: string): Promise<void> {
  const oci = {
    compartment_ocid: compartment,
    availability_domain: 'Uocm:US-ASHBURN-AD-2',
    subnet_ocid: 'ocid1.subnet.oc1.iad.aaaaaaaasubnet',
    shape: 'VM.Standard2.1',
    boot_volume_size_gb: 50,
    region: sindriRegion,
    ...more,
  }
  return sindri.configure({ cloud: 'oci', tags: { team: 'platform' }, build: { base: 'debian-12' }, oci })
}

async function held(): Promise<Status['resources']['oci'][string] | undefined> {
  return (await sindri.status()).resources.oci[compartment]
}

async function rehearsedEnvironment(): Promise<Record<string, string | undefined>> {
  const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
  return { ...process.env, ...rehearsed }
}

describe.skipIf(missing !== undefined)(`Oracle Cloud, rehearsed (${missing ?? 'with real instances'})`, () => {
  let first: BuildResult
  let statements: readonly string[]
  let deployment: Deployment

  beforeAll(async () => {
    sindri = await openSindri({ OCI_CLI_REGION: region })
    await configure()
    statements = await sindri.json('vm', 'permissions')
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('with the printed statements and nothing else, a build makes an image, and leaves nothing else', async () => {
    await sindri.enforce(statements)
    first = await sindri.build()
    expect(first).toMatchObject({ cloud: 'oci', cached: false, rehearsed: true, base: 'debian-12', failed: [], region })
    const tags = { team: 'platform', 'sindri:release': first.name, 'sindri:base': 'debian-12' }
    expect(await held()).toMatchObject({
      images: [{ id: first.image_id, name: first.name, state: 'AVAILABLE', tags, region }],
      instances: [],
      bootVolumes: [],
      securityGroups: [],
    })
  })

  test('the same build again finds it and launches nothing', async () => {
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, cached: true, changed: [] })
    expect(await sindri.requested('LaunchInstance')).toBe(1)
    const { requests } = await sindri.status()
    expect(requests.filter(({ status }) => status >= 400)).toEqual([])
  })

  test('it is listed, and an instance of it answers to its own key', async () => {
    expect(JSON.stringify(await sindri.json('vm', 'list', '--rehearse'))).toContain(first.image_id)
    const type = ['--instance-type', 'VM.Standard.E4.Flex']
    deployment = await sindri.json('vm', 'deploy', first.image_id, ...type, '--rehearse')
    expect(deployment).toMatchObject({ ssh_user: 'debian', instance_type: type[1], region })
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, 'sindri --version')).toBe(first.sindri_version)
    expect(await ssh(deployment, 'cloud-init query cloud_name')).toBe('oracle')
    expect(await ssh(deployment, 'sudo -n cat /sys/class/dmi/id/chassis_asset_tag')).toBe('OracleCloud.com')
    expect(await held()).toMatchObject({
      instances: [{ id: deployment.instance_id, state: 'RUNNING', legacyImdsDisabled: true, memoryInGBs: 16 }],
      bootVolumes: [{ instanceId: deployment.instance_id }],
      securityGroups: [{ sources: ['127.0.0.1/32'] }],
    })
  })

  test('terminating removes all that was deployed', async () => {
    await sindri.json('vm', 'terminate', deployment.instance_id, '--force', '--rehearse')
    expect(await held()).toMatchObject({ instances: [], bootVolumes: [], securityGroups: [] })
  })

  test('what may not be removed is not said to be removed', async () => {
    await sindri.enforce(statements.map((one) => one.replace('manage instance-images', 'read instance-images')))
    const { code, stderr } = await sindri.run('vm', 'delete', first.image_id, '--force', '--rehearse')
    expect(stderr).toContain('DeleteImage')
    expect(code).toBe(3)
    expect((await held())?.images).toHaveLength(1)
    await sindri.enforce(statements)
  })

  test.skipIf(!inCi && !existsSync(cli))('the OCI CLI lists, describes, launches and removes it', async () => {
    const env = await rehearsedEnvironment()
    const oci = async (...words: readonly string[]) => {
      const { stdout } = await run(cli, [...words, '--region', region], { env })
      return stdout === '' ? undefined : JSON.parse(stdout).data
    }
    const image = { id: first.image_id, 'display-name': first.name, 'lifecycle-state': 'AVAILABLE' }
    const images: readonly { readonly id: string }[] = await oci('compute', 'image', 'list', '-c', compartment)
    expect(images.find(({ id }) => id === first.image_id)).toMatchObject(image)
    expect(await oci('compute', 'image', 'get', '--image-id', first.image_id)).toMatchObject(image)
    const { id } = await oci(
      ...['compute', 'instance', 'launch', '-c', compartment, '--availability-domain', 'Uocm:US-ASHBURN-AD-1'],
      ...['--shape', 'VM.Standard.E2.1', '--image-id', first.image_id, '--wait-for-state', 'RUNNING'],
      ...['--subnet-id', 'ocid1.subnet.oc1.iad.aaaaaaaasubnet', '--wait-interval-seconds', '1'],
    )
    await oci('compute', 'instance', 'terminate', '--instance-id', id, '--force')
    await oci('compute', 'image', 'delete', '--image-id', first.image_id, '--force')
    expect((await sindri.status()).resources.oci).toEqual({})
    const wrong = run(cli, ['compute', 'image', 'list', '-c', compartment], {
      env: { ...env, OCI_CLI_FINGERPRINT: Array.from({ length: 16 }, () => '00').join(':') },
    })
    await expect(wrong).rejects.toMatchObject({ stderr: expect.stringContaining('NotAuthenticated') })
    first = await sindri.build('--force')
  })

  test('deleting the image leaves nothing at all', async () => {
    await sindri.json('vm', 'delete', first.image_id, '--force', '--rehearse')
    expect((await sindri.status()).resources.oci).toEqual({})
  })

  test('a wrong key ends with exit code 3 and the name of where it comes from', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const wrong = join(sindri.folder, 'wrong.pem')
    await writeFile(wrong, privateKey.export({ format: 'pem', type: 'pkcs1' }))
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const given = Object.entries(rehearsed).filter(([name]) => name.startsWith('OCI_'))
    const env = { ...process.env, ...Object.fromEntries(given), OCI_CLI_KEY_FILE: wrong, SINDRI_HOME: sindri.home }
    const words = [join(import.meta.dirname, '../../bin/sindri.js'), 'vm', 'build', '--rehearse', '--region', region]
    const { code, stderr } = await startProgram(process.execPath, words, sindri.folder, env).ended
    expect(stderr).toMatch(/OCI_CLI_USER, .*OCI_CLI_KEY_FILE of the environment.* were not accepted/)
    expect(code).toBe(3)
  })

  test('what a killed Sindri and a killed Packer left behind is swept by the next run', async () => {
    await killedBuild(sindri, 'killed')
    expect(await held()).toMatchObject({ images: [], instances: [{ state: 'RUNNING' }], bootVolumes: [{}] })
    const { image_id: image } = await sindri.build('--name', 'killed')
    expect(await held()).toMatchObject({ images: [{ id: image }], instances: [], bootVolumes: [], securityGroups: [] })
    await sindri.json('vm', 'delete', image, '--force', '--rehearse')
  })

  test('what init writes makes an image with plain Packer', async () => {
    const made: InitResult = await sindri.json('vm', 'init', '-o', 'd')
    expect(made.template).toBe('./d/oci.pkr.hcl')
    const env = { ...(await rehearsedEnvironment()), OCI_CLI_REGION: region, CHECKPOINT_DISABLE: '1' }
    const built = await startProgram('packer', ['build', '-color=false', 'd'], sindri.folder, env).ended
    expect(built, built.stdout).toMatchObject({ code: 0 })
    expect(await held()).toMatchObject({
      images: [{ state: 'AVAILABLE', tags: { 'sindri:managed': 'true', 'sindri:ssh-user': 'debian' } }],
      instances: [],
      bootVolumes: [],
    })
  })
})

describe.skipIf(missing !== undefined || !plugin)('the packer of npm run parts', () => {
  beforeAll(async () => {
    sindri = await openSindri(current)
    const defined = { defined_tags_json: '{"Operations":{"CostCenter":"42"}}' }
    const size = { shape: 'VM.Standard.E5.Flex', shape_config: { ocpus: 1, memory_in_gbs: 8 } }
    await configure({ ...size, image_launch_mode: 'PARAVIRTUALIZED', extra: defined }, region)
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('builds on a flexible shape with the printed statements and nothing else', async () => {
    await sindri.enforce(await sindri.json<readonly string[]>('vm', 'permissions'))
    const built = await sindri.build()
    expect(built).toMatchObject({ cached: false, failed: [], changed: [], region })
    const { requests } = await sindri.status()
    expect(requests.filter(({ status }) => status >= 400)).toEqual([])
    const launched = requests.find(({ operation }) => operation === 'LaunchInstance')?.parameters
    expect(launched).toMatchObject({
      shapeConfig: { ocpus: 1, memoryInGBs: 8 },
      instanceOptions: { areLegacyImdsEndpointsDisabled: true },
    })
    const image = {
      id: built.image_id,
      definedTags: { Operations: { CostCenter: '42' } },
      launchMode: 'PARAVIRTUALIZED',
    }
    expect(await held()).toMatchObject({ images: [image], instances: [], bootVolumes: [] })
  })
})
