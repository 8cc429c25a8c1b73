import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import type { CloudImage, LaunchRequest } from '../src/clouds/cloud.ts'
import { connectGcp } from '../src/clouds/gcp/api.ts'
import { gcpLaunch } from '../src/clouds/gcp/launch.ts'
import { networkOf } from '../src/clouds/gcp/network.ts'
import type { GcpApi, InstanceRequest } from '../src/clouds/gcp/port.ts'
import { gcpOf } from '../src/clouds/gcp/settings.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

const zone = 'us-west1-a'
const here = useRehearsal(undefined, Date.now)

/** A rehearsed project with these faults to come or this role to enforce, and a client of it. */
async function open(
  settings: { readonly faults?: readonly object[]; readonly permissions?: readonly string[] } = {},
): Promise<GcpApi> {
  const { faults = [], permissions } = settings
  const value = { includedPermissions: permissions }
  const policy = permissions === undefined ? null : { value, file: 'role.json' }
  await here.reopen({ policy, faults })
  return client(here.rehearsal.environment.GOOGLE_APPLICATION_CREDENTIALS ?? '')
}

function client(keyFile: string): GcpApi {
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', keyFile)
  const project = 'my-project-1'
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: keyFile }
  return connectGcp({ project, imageProject: project, networkProject: project, environment })
}

afterEach(() => {
  vi.unstubAllEnvs()
})

const request: InstanceRequest = {
  name: 'sindri-dep',
  image: 'projects/debian-cloud/global/images/family/debian-12',
  machineType: 'e2-small',
  sshKey: 'debian:ssh-ed25519 AAAA',
  network: 'projects/my-project-1/global/networks/default',
  subnetwork: undefined,
  networkTags: ['sindri-dep'],
  externalAddress: true,
  shielded: { secureBoot: false, vtpm: true, integrityMonitoring: true },
  labels: {},
  token: 'a'.repeat(64),
}

test('what Google began although its answer was lost is begun once', async () => {
  const lost = { when: 'after', code: 'Disconnect', left: 1 }
  const api = await open({
    faults: [
      { operation: 'compute.instances.insert', ...lost },
      { operation: 'compute.firewalls.insert', ...lost },
    ],
  })
  const operation = await api.insertInstance(zone, request)
  expect(here.machines.size).toBe(1)
  await expect.poll(async () => (await api.operation(zone, operation)).done).toBe(true)
  const { network, name, token } = request
  await api.insertFirewall({ name, network, token, sourceRanges: ['192.0.2.0/24'], networkTag: name })
  expect(await api.firewalls(name)).toEqual([{ name }])
})

test('a call that Google was too busy for is sent again', async () => {
  const api = await open({
    faults: [{ operation: 'compute.images.list', when: 'before', code: 'backendError', left: 2 }],
  })
  expect(await api.images({})).toEqual([])
})

test('a refused call names the permission that is lacking', async () => {
  const api = await open({ permissions: ['compute.instances.create'] })
  await expect(api.images({})).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringContaining('grant compute.images.list'),
  })
  // Google names one that the call asks for besides its own.
  await expect(api.insertInstance(zone, request)).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringContaining('grant compute.instances.setMetadata'),
  })
  expect(await api.granted(['compute.images.list', 'compute.instances.create'])).toEqual(
    new Set(['compute.instances.create']),
  )
})

test('a key that is not accepted is told of with the file it is in', async () => {
  const file = here.rehearsal.environment.GOOGLE_APPLICATION_CREDENTIALS ?? ''
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = {
    ...JSON.parse(readFileSync(file, 'utf8')),
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  }
  writeFileSync(`${file}.other`, JSON.stringify(stranger))
  for (const path of [`${file}.other`, `${file}.none`]) {
    const api = client(path)
    for (const call of [() => api.identity(), () => api.images({})])
      await expect(call()).rejects.toMatchObject({ code: 'credentials', message: expect.stringContaining(path) })
  }
})

test('each family of addresses has a rule of its own; with a tag of the user’s own there is none', async () => {
  const api = await open()
  const project = 'my-project-1'
  const config = {
    version: '1.0',
    name: 'golden',
    providers: { packer: { cloud: 'gcp', gcp: { project_id: project } } },
  }
  const settings = gcpOf(resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} }))
  const launch = gcpLaunch(api, { imageProject: project, settings, network: networkOf(api, settings, project) })
  const image = { id: 'golden-1', name: 'golden-1', region: zone, sshUser: 'debian' } as CloudImage // what a launch reads of it
  const wanted = { deployment: 'dep', image, instanceType: 'e2-small', key: { publicKey: 'ssh-ed25519 AAAA' } }
  const idsOf = (more: Partial<LaunchRequest>): readonly string[] =>
    launch.steps({ ...wanted, sshSourceRanges: [], ...more }).steps.map(({ id }) => id)
  expect(idsOf({ sshSourceRanges: ['192.0.2.0/24', '2001:db8::/32'] })).toEqual([
    'firewall',
    'firewall-ipv6',
    'instance',
  ])
  expect(idsOf({ sshSourceRanges: ['192.0.2.0/24'] })).toEqual(['firewall', 'instance'])
  expect(idsOf({ sshSourceRanges: ['192.0.2.0/24'], securityGroupId: 'ssh' })).toEqual(['instance'])
})

test('what was made is found by name and by label', async () => {
  const api = await open()
  for (const name of ['a', 'b']) await api.insertInstance(zone, { ...request, name, token: name, labels: { of: name } })
  expect((await api.instances(zone, {})).map(({ name }) => name)).toEqual(['a', 'b'])
  expect(await api.disks(zone, { labels: { of: 'b' } })).toEqual([{ name: 'b' }])
  expect(await api.instances(zone, { name: 'a' })).toMatchObject([
    { name: 'a', publicAddress: expect.stringMatching(/^127\./) },
  ])
  await api.deleteInstance(zone, 'a')
  expect(await api.disks(zone, {})).toEqual([{ name: 'b' }])
})
