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
import { currentPacker, killedBuild, missingPart, openSindri, type Sindri, ssh, startProgram } from './sindri.ts'

const run = promisify(execFile)
const project = 'my-project-1'
const zone = 'europe-west1-b'
/** The request that launches a build's instance. */
const launch = 'compute.instances.insert'
const missing = await missingPart()
const gcloud = await run('gcloud', ['--version']).then(
  () => true,
  () => false,
)

const python = join(partsFolder(process.env), 'google-sdk/bin/python3')
const sdk = existsSync(python) || process.env.CI === 'true'
const current = currentPacker()
const plugin = existsSync(join(current?.PACKER_PLUGIN_PATH ?? '', 'github.com/hashicorp/googlecompute'))

interface Role {
  readonly includedPermissions: readonly string[]
}

let sindri: Sindri

function configure(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const gcp = {
    project_id: project,
    zone,
    disk_size: 10,
    machine_type: 'e2-standard-2',
    image_family: 'golden',
    ...more,
  }
  return sindri.configure({ cloud: 'gcp', tags: { team: 'platform' }, build: { base: 'debian-12' }, gcp })
}

async function held(): Promise<Status['resources']['gcp'][string] | undefined> {
  return (await sindri.status()).resources.gcp[project]
}

describe.skipIf(missing !== undefined)(`Google Cloud, rehearsed (${missing ?? 'with real instances'})`, () => {
  let first: BuildResult
  let role: Role
  let deployment: Deployment

  beforeAll(async () => {
    sindri = await openSindri()
    await configure()
    role = await sindri.json('vm', 'permissions')
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('a permission that would be lacking at the end of a build is told of before it begins', async () => {
    const includedPermissions = role.includedPermissions.filter((one) => one !== 'compute.images.create')
    await sindri.enforce({ ...role, includedPermissions })
    const { code, stderr } = await sindri.run('vm', 'build', '--rehearse')
    expect(stderr).toContain('compute.images.create')
    expect(code).toBe(3)
    expect(await sindri.requested(launch)).toBe(0)
  })

  test('with the printed role and nothing else, a build makes an image, and leaves nothing else', async () => {
    await sindri.enforce(role)
    first = await sindri.build()
    expect(first).toMatchObject({ cloud: 'gcp', cached: false, rehearsed: true, base: 'debian-12', failed: [] })
    const labels = { team: 'platform', 'sindri-release': first.name, 'sindri-base': 'debian-12' }
    expect(await held()).toMatchObject({
      images: [{ name: first.image_id, state: 'READY', family: 'golden', labels }],
      disks: [],
      instances: [],
      firewalls: [],
    })
  })

  test('the build instance had no more than the config says', async () => {
    const { requests } = await sindri.status()
    const asked = requests.find(({ operation }) => operation === launch)?.parameters
    expect(asked).toMatchObject({
      machineType: expect.stringMatching(/\/e2-standard-2$/),
      serviceAccounts: [{ scopes: ['https://www.googleapis.com/auth/logging.write'] }],
      shieldedInstanceConfig: { enableVtpm: true, enableIntegrityMonitoring: true },
      labels: { team: 'platform', 'sindri-managed': 'true' },
    })
  })

  test('the same build again finds it and launches nothing; a deprecation is set on it', async () => {
    const before = await sindri.requested(launch)
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, cached: true, changed: [] })
    await configure({ deprecate_after_days: 30 })
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, changed: [`deprecation/${zone}`] })
    expect(await sindri.build()).toMatchObject({ changed: [] })
    const deprecated = { state: 'ACTIVE', deprecated: expect.stringMatching(/^\d{4}-/) }
    expect((await held())?.images).toMatchObject([{ deprecated }])
    await configure()
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, changed: [`deprecation/${zone}`] })
    expect((await held())?.images).toMatchObject([{ deprecated: undefined }])
    expect(await sindri.requested(launch)).toBe(before)
  })

  // It is in no registry that a CI machine is sure to have.
  test.skipIf(!gcloud)('gcloud lists and describes it', async () => {
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const env = { ...process.env, ...rehearsed, CLOUDSDK_CONFIG: join(sindri.folder, 'gcloud') }
    const ask = async (...words: readonly string[]): Promise<unknown> => {
      const all = ['compute', 'images', ...words, '--project', project, '--format', 'json', '--quiet']
      return JSON.parse((await run('gcloud', all, { env })).stdout)
    }
    const image = { name: first.image_id, status: 'READY', labels: { 'sindri-fingerprint': first.fingerprint } }
    expect(await ask('list', '--no-standard-images', '--filter', `name=${first.image_id}`)).toMatchObject([image])
    expect(await ask('describe', first.image_id)).toMatchObject(image)
    await sindri.enforce(role)
    expect(await ask('describe-from-family', 'golden')).toMatchObject(image)
  })

  test('it is listed, and an instance of it answers to its own key', async () => {
    const listed: unknown = await sindri.json('vm', 'list', '--rehearse')
    expect(JSON.stringify(listed)).toContain(first.image_id)
    deployment = await sindri.json('vm', 'deploy', 'family/golden', '--instance-type', 'e2-small', '--rehearse')
    expect(deployment.image_id).toBe(first.image_id)
    expect(deployment).toMatchObject({ ssh_user: 'debian', instance_type: 'e2-small', region: zone })
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, 'sindri --version')).toBe(first.sindri_version)
    expect(await ssh(deployment, 'cloud-init query cloud_name')).toBe('gce')
    expect(await ssh(deployment, 'sudo -n cat /sys/class/dmi/id/product_name')).toBe('Google Compute Engine')
    expect(await held()).toMatchObject({
      instances: [{ name: deployment.instance_id, state: 'RUNNING', serviceAccounts: [] }],
      firewalls: [{ sourceRanges: ['127.0.0.1/32'], targetTags: [deployment.instance_id] }],
    })
  })

  test('terminating removes all that was deployed', async () => {
    await sindri.json('vm', 'terminate', deployment.instance_id, '--force', '--rehearse')
    expect(await held()).toMatchObject({ disks: [], instances: [], firewalls: [] })
  })

  test('deleting the image leaves nothing at all', async () => {
    const path = `projects/${project}/global/images/${first.image_id}`
    await sindri.json('vm', 'delete', path, '--force', '--rehearse')
    expect(Object.values((await sindri.status()).resources).flatMap(Object.keys)).toEqual([])
  })

  test('what a killed Sindri and a killed Packer left behind is swept by the next run', async () => {
    await sindri.enforce(role)
    await killedBuild(sindri, 'killed')
    expect(await held()).toMatchObject({ images: [], instances: [{ state: 'RUNNING' }], disks: [{}] })
    const { image_id: image } = await sindri.build('--name', 'killed')
    expect(await held()).toMatchObject({ images: [{ name: image }], instances: [], disks: [], firewalls: [] })
    await sindri.json('vm', 'delete', image, '--force', '--rehearse')
  })

  test('what init writes makes an image with plain Packer', async () => {
    const made: InitResult = await sindri.json('vm', 'init', '-o', 'd')
    expect(made.template).toBe('./d/gcp.pkr.hcl')
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const env = { ...process.env, ...rehearsed, CHECKPOINT_DISABLE: '1' }
    const built = await startProgram('packer', ['build', '-color=false', 'd'], sindri.folder, env).ended
    expect(built, built.stdout).toMatchObject({ code: 0 })
    expect(await held()).toMatchObject({
      images: [{ state: 'READY', labels: { 'sindri-managed': 'true', 'sindri-ssh-user': 'debian' } }],
      disks: [],
      instances: [],
    })
  })

  test.skipIf(!sdk)('the vendor’s Python client lists, runs and deletes it', async () => {
    const name = (await held())?.images[0]?.name
    // It asks for a family, which no build does.
    await sindri.json('rehearsal', 'up', '--policy', 'none')
    const script = join(import.meta.dirname, 'gcp-sdk.py')
    const env = { ...process.env, ...(await sindri.json<Record<string, string>>('rehearsal', 'env')) }
    const { stdout } = await run(python, [script, project, zone], { env })
    expect(JSON.parse(stdout)).toMatchObject({
      listed: [name],
      described: { name, status: 'READY', labels: { 'sindri-managed': 'true' } },
      public: expect.stringMatching(/^debian-12-bookworm-v/),
      address: expect.stringMatching(/^127\./),
      left: [],
    })
    expect(await held()).toBeUndefined()
  })
})

describe.skipIf(missing !== undefined || !plugin)('the packer of npm run parts', () => {
  beforeAll(async () => {
    sindri = await openSindri(current)
    await configure({ deprecate_after_days: 30, image_guest_os_features: ['GVNIC'] })
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('builds with the printed role and nothing else', async () => {
    await sindri.enforce(await sindri.json<Role>('vm', 'permissions'))
    const built = await sindri.build()
    expect(built).toMatchObject({ cached: false, failed: [], changed: [`deprecation/${zone}`] })
    const { requests } = await sindri.status()
    expect(requests.filter(({ status }) => status === 403 || status === 501)).toEqual([])
    expect(await held()).toMatchObject({ images: [{ name: built.image_id }], instances: [], disks: [] })
  })
})
