import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CloudImage, Environment, LaunchRequest } from '../src/clouds/cloud.ts'
import { connectOci } from '../src/clouds/oci/api.ts'
import { ociLaunch } from '../src/clouds/oci/launch.ts'
import type { InstanceRequest, OciApi, OciHome } from '../src/clouds/oci/port.ts'
import { apply } from '../src/core/apply.ts'
import { instantClock, memoryStore } from '../src/core/fake-cloud.fixture.ts'
import { plan } from '../src/core/plan.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

const region = 'us-phoenix-1'
const compartment = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const debian = `ocid1.image.oc1..${'aaaaaaaarehearseddebian12'.padEnd(60, 'a')}`
// Moves with every request, so that nothing is waited for.
const here = useRehearsal(undefined, (now) => now + 30)

/** A rehearsed compartment with these faults to come or these statements to enforce, and a client of it. */
async function open(
  settings: { readonly faults?: readonly object[]; readonly statements?: readonly string[] } = {},
): Promise<OciApi> {
  const { faults = [], statements } = settings
  const value = statements?.map((one) => `Allow group sindri to ${one} in compartment id ${compartment}`)
  const policy = value === undefined ? null : { value, file: 'statements.json' }
  await here.reopen({ policy, faults })
  return client(here.rehearsal.environment)
}

function client(environment: Environment, more: Partial<OciHome> = {}): OciApi {
  const home = { compartment, imageCompartment: compartment, useInstancePrincipals: false, environment, ...more }
  return connectOci(home, instantClock())
}

const request: InstanceRequest = {
  name: 'sindri-dep',
  availabilityDomain: 'Uocm:PHX-AD-1',
  imageId: debian,
  shape: 'VM.Standard.E4.Flex',
  size: { ocpus: 1, memoryInGbs: 8 },
  publicKey: 'ssh-ed25519 AAAA',
  subnetId: 'ocid1.subnet.oc1.phx.aaaaaaaasubnet',
  securityGroupIds: [],
  publicAddress: true,
  legacyImdsDisabled: true,
  tags: {},
  token: 'a'.repeat(64),
}

test('what Oracle began although its answer was lost is begun once', async () => {
  const lost = { when: 'after', code: 'Disconnect', left: 1 }
  const api = await open({
    faults: [
      { operation: 'LaunchInstance', ...lost },
      { operation: 'CreateNetworkSecurityGroup', ...lost },
    ],
  })
  const id = await api.launchInstance(region, request)
  expect(here.machines.size).toBe(1)
  expect(await api.instances(region)).toMatchObject([{ id }])
  const vcnId = await api.subnetVcn(region, request.subnetId)
  const group = await api.createSecurityGroup(region, { name: 'g', vcnId, tags: {}, token: request.token + 1 })
  expect(await api.securityGroups(region)).toEqual([{ id: group, name: 'g', tags: {} }])
})

test('a call that Oracle was too busy for is sent again', async () => {
  const api = await open({ faults: [{ operation: 'ListImages', when: 'before', code: 'TooManyRequests', left: 2 }] })
  expect(await api.images(region, {})).toMatchObject([{ id: debian }])
})

test('rules are asked for once, and those that are there already are left alone', async () => {
  const lost = { operation: 'AddNetworkSecurityGroupSecurityRules', when: 'after', code: 'Disconnect', left: 1 }
  const api = await open({ faults: [lost] })
  const vcnId = await api.subnetVcn(region, request.subnetId)
  const id = await api.createSecurityGroup(region, { name: 'g', vcnId, tags: {}, token: 't' })
  await expect(api.allowSsh(region, id, ['192.0.2.0/24'])).rejects.toMatchObject({ code: 'timeout' })
  expect(await api.sshRanges(region, id)).toEqual(['192.0.2.0/24'])
})

test('lists are read to their last page', async () => {
  const api = await open()
  const vcnId = await api.subnetVcn(region, request.subnetId)
  const names = Array.from({ length: 101 }, (_, index) => `g${index}`)
  await Promise.all(names.map((name) => api.createSecurityGroup(region, { name, vcnId, tags: {}, token: name })))
  const found = (await api.securityGroups(region)).map(({ name }) => name)
  expect(found.sort()).toEqual(names.sort())
})

test('an instance is reached by the addresses of its network interface', async () => {
  const api = await open()
  const id = await api.launchInstance(region, request)
  expect(await api.addresses(region, id)).toEqual({
    publicAddress: expect.stringMatching(/^127\./),
    privateAddress: expect.stringMatching(/^10\./),
  })
  expect(await api.addresses(region, 'ocid1.instance.oc1.phx.aaaaaaaaother')).toBeUndefined()
})

test('what may not be done is told with the call, also where Oracle says that it is not there', async () => {
  const api = await open({ statements: ['read instances', 'inspect instance-images'] })
  await expect(api.launchInstance(region, request)).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringContaining('LaunchInstance'),
    hint: expect.stringContaining('sindri vm permissions'),
  })
  await expect(api.securityGroups(region)).rejects.toMatchObject({ code: 'denied' })
  await expect(api.image(region, 'ocid1.image.oc1.phx.aaaaaaaaunknown')).rejects.toMatchObject({ code: 'not-found' })
})

test('removing what is gone does no harm; what is there and stays is told', async () => {
  const api = await open({ statements: ['manage instances', 'use vnics', 'use subnets', 'read instance-images'] })
  const id = await api.launchInstance(region, request)
  await api.deleteImage(region, 'ocid1.image.oc1.phx.aaaaaaaaunknown')
  await expect(api.deleteImage(region, debian)).rejects.toMatchObject({ code: 'denied' })
  await api.terminateInstance(region, id)
  await api.terminateInstance(region, id)
})

test('credentials come from variables, from a profile, or from both, and a wrong key is told with its source', async () => {
  const { OCI_CLI_CONFIG_FILE = '', ...variables } = here.rehearsal.environment
  const { OCI_CLI_USER, OCI_CLI_TENANCY, OCI_CLI_FINGERPRINT, OCI_CLI_KEY_FILE = '' } = variables
  const who = `${OCI_CLI_USER} of ${OCI_CLI_TENANCY}`
  const { folder } = here
  const file = join(folder, 'config')
  const write = (key: string): void =>
    writeFileSync(
      file,
      readFileSync(OCI_CLI_CONFIG_FILE, 'utf8')
        .replace('[DEFAULT]', '[B]')
        .replace(/key_file=.*/, key),
    )
  write(`key_file=${OCI_CLI_KEY_FILE}`)
  expect(await client({ OCI_CLI_CONFIG_FILE }).identity()).toBe(who)
  expect(await client({}, { accessCfgFile: file, accessCfgFileAccount: 'B' }).identity()).toBe(who)
  expect(await client({ OCI_CLI_CONFIG_FILE: file, OCI_CLI_PROFILE: 'B' }).region()).toBe(region)
  const content = readFileSync(OCI_CLI_KEY_FILE, 'utf8')
  const named = {
    ...{ OCI_USER_OCID: OCI_CLI_USER, OCI_TENANCY_OCID: OCI_CLI_TENANCY, OCI_FINGERPRINT: OCI_CLI_FINGERPRINT },
    ...{ OCI_CLI_KEY_CONTENT: content, OCI_REGION: region, HOME: folder },
  }
  expect(await client(named).identity()).toBe(who)

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const locked = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })
  writeFileSync(join(folder, 'other.pem'), locked)
  const stranger = { ...named, OCI_CLI_KEY_CONTENT: '', OCI_CLI_KEY_FILE: join(folder, 'other.pem') }
  const unlocked = { ...stranger, OCI_CLI_PASSPHRASE: 'secret' }
  for (const environment of [stranger, unlocked])
    for (const call of [() => client(environment).identity(), () => client(environment).images(region, {})])
      await expect(call()).rejects.toMatchObject({
        code: 'credentials',
        message: expect.stringContaining('OCI_USER_OCID, OCI_TENANCY_OCID, OCI_FINGERPRINT, OCI_CLI_KEY_FILE'),
      })
  await expect(client(unlocked).identity()).rejects.toThrow('NotAuthenticated')
  write(`key_file=${join(folder, 'none.pem')}`)
  await expect(client({}, { accessCfgFile: file, accessCfgFileAccount: 'B' }).identity()).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining(`profile "B" of ${file}`),
  })
  await expect(client({ HOME: folder }).identity()).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining(`no profile "DEFAULT" in ${join(folder, '.oci/config')}`),
  })
})

test('a session’s token stands in place of the user, and is told as what was not accepted', async () => {
  const { OCI_CLI_CONFIG_FILE = '', OCI_CLI_TENANCY } = here.rehearsal.environment
  const session = { OCI_CLI_CONFIG_FILE, OCI_CLI_PROFILE: 'SESSION' }
  expect(await client(session).identity()).toBe(OCI_CLI_TENANCY)
  expect(await client(session).images(region, {})).toHaveLength(1)
  const { folder } = here
  const [file, token] = [join(folder, 'config'), join(folder, 'token')]
  writeFileSync(token, 'expired\n')
  writeFileSync(
    file,
    readFileSync(OCI_CLI_CONFIG_FILE, 'utf8').replace(/security_token_file=.*/, `security_token_file=${token}`),
  )
  await expect(client({ ...session, OCI_CLI_CONFIG_FILE: file }).identity()).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining(`profile "SESSION" of ${file}`),
  })
})

test('a deployment is in a group of its own beside the config’s, unless it is given one; a second run adds nothing', async () => {
  const api = await open()
  const nsgIds = ['ocid1.networksecuritygroup.oc1.phx.aaaaaaaaconfig']
  const asked: InstanceRequest[] = []
  const launch = ociLaunch(
    {
      ...api,
      async launchInstance(place, one) {
        asked.push(one)
        return api.launchInstance(place, one)
      },
    },
    {
      settings: { nsgIds, usePrivateIp: false, legacyImdsDisabled: true },
      availabilityDomain: () => request.availabilityDomain,
      subnet: () => request.subnetId,
    },
  )
  const image = { id: debian, name: 'debian', region, sshUser: 'debian' } as CloudImage // what a launch reads of it
  const deploy = async (deployment: string, more: Partial<LaunchRequest>): Promise<void> => {
    const key = { publicKey: 'ssh-ed25519 AAAA' }
    const wanted = { deployment, image, instanceType: 'VM.Standard.E4.Flex', key, sshSourceRanges: [], ...more }
    const { signal } = new AbortController()
    const { steps } = launch.steps(wanted)
    await apply({
      clock: instantClock(),
      signal,
      emit: () => {},
      release: deployment,
      plan: plan(steps),
      store: memoryStore(),
    })
  }
  const sshSourceRanges = ['192.0.2.0/24', '2001:db8::/32']
  await deploy('own', { sshSourceRanges })
  const [group] = await api.securityGroups(region)
  await deploy('own', { sshSourceRanges })
  expect(await api.sshRanges(region, group?.id ?? '')).toEqual(sshSourceRanges)
  await deploy('config', {})
  const given = 'ocid1.networksecuritygroup.oc1.phx.aaaaaaaagiven'
  await deploy('given', { sshSourceRanges, securityGroupId: given })
  expect(asked.map(({ securityGroupIds }) => securityGroupIds)).toEqual([[group?.id, ...nsgIds], nsgIds, [given]])
  expect(asked.map(({ size }) => size)).toEqual(asked.map(() => ({ ocpus: 2, memoryInGbs: 16 })))
  expect(await api.securityGroups(region)).toHaveLength(1)
  // The group cannot go before the instance is gone.
  await launch.terminate(region, 'own', new AbortController().signal)
  expect(await api.securityGroups(region)).toEqual([])
  expect(await launch.find(region, 'own')).toBeUndefined()
})
