import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { type Account, cloudContract } from '../src/clouds/contract.ts'
import { connect } from '../src/clouds/index.ts'
import { tag, temporaryName } from '../src/clouds/tags.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { type Got, step } from '../src/core/step.ts'
import { installDial } from '../src/rehearsal/dial.ts'
import { openInProcess } from '../src/rehearsal/in-process.ts'

const location = 'westeurope'
const subscription = '11111111-1111-1111-1111-111111111111'
const root = `/subscriptions/${subscription}/resourceGroups`
const definition = `${root}/images/providers/Microsoft.Compute/galleries/golden/images/sindri`
const gallery = {
  gallery_name: 'golden',
  image_name: 'sindri',
  image_version: '1.2.3',
  end_of_life_date: '2020-02-01T00:00:00Z',
}

type Json = Readonly<Record<string, unknown>>

interface Kind {
  readonly gallery: boolean
  /** Packer builds in a group that exists. */
  readonly shared: boolean
}

/** An empty rehearsed subscription, reached by production endpoints. Its clock moves with every request, so nothing is waited for. */
async function openAccount(kind: Kind): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-azure-contract-'))
  let now = Date.now()
  let stepMs = 400
  const { rehearsal, close } = await openInProcess(
    { home: join(folder, 'home'), cache: join(folder, 'cache') },
    () => (now += stepMs),
  )
  // The last one installed is the first asked, and passes loopback on to those before it.
  installDial(rehearsal)
  const { AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_TENANT_ID = '' } = rehearsal.environment
  const form = {
    grant_type: 'client_credentials',
    client_id: AZURE_CLIENT_ID,
    client_secret: AZURE_CLIENT_SECRET,
    scope: 'https://management.azure.com/.default',
  }
  const login = await fetch(`https://login.microsoftonline.com/${AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  const { access_token: token }: { access_token: string } = await login.json()

  async function ask(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<Json> {
    const answer = await fetch(
      `https://management.azure.com${path}${path.includes('?') ? '&' : '?'}api-version=2024-03-01`,
      {
        method,
        headers: { authorization: `Bearer ${token}` },
        body: body === undefined ? null : JSON.stringify(body),
      },
    )
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  async function all(
    path: string,
  ): Promise<readonly { readonly id: string; readonly type: string; readonly name: string }[]> {
    const { value } = await ask('GET', path)
    return Array.isArray(value) ? value : []
  }

  async function exists(path: string): Promise<boolean> {
    return ask('GET', path).then(
      () => true,
      () => false,
    )
  }

  /** As Packer does it: machine, interface, address and network, of which the disk has no tags of its own. */
  async function builder(group: string, name: string, tags: Record<string, string>): Promise<string> {
    if (!(await exists(`${root}/${group}`))) await ask('PUT', `${root}/${group}`, { location, tags })
    const network = `${root}/${group}/providers/Microsoft.Network`
    const machine = `${root}/${group}/providers/Microsoft.Compute/virtualMachines/${name}`
    const subnets = [{ name: 'a', properties: { addressPrefix: '10.0.0.0/24' } }]
    await ask('PUT', `${network}/publicIPAddresses/${name}`, { location, tags, properties: {} })
    await ask('PUT', `${network}/virtualNetworks/${name}`, { location, tags, properties: { subnets } })
    const wires = {
      subnet: { id: `${network}/virtualNetworks/${name}/subnets/a` },
      publicIPAddress: { id: `${network}/publicIPAddresses/${name}` },
    }
    const ipConfigurations = [{ name: 'ipconfig', properties: wires }]
    await ask('PUT', `${network}/networkInterfaces/${name}`, { location, tags, properties: { ipConfigurations } })
    await ask('PUT', machine, {
      location,
      tags,
      properties: {
        hardwareProfile: { vmSize: 'Standard_D2s_v4' },
        osProfile: { adminUsername: 'packer', computerName: name },
        storageProfile: {
          imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
          osDisk: { name: `os-${name}`, createOption: 'FromImage' },
        },
        networkProfile: { networkInterfaces: [{ id: `${network}/networkInterfaces/${name}` }] },
      },
    })
    return machine
  }

  async function generalize(machine: string): Promise<void> {
    await ask('POST', `${machine}/deallocate`)
    await ask('POST', `${machine}/generalize`)
  }

  const images = `${root}/images/providers/Microsoft.Compute/images`
  let made = 0

  /** Begins what a build ends with: an image of the machine. */
  async function capture(machine: string, name: string, tags: Record<string, string>): Promise<string> {
    const id = kind.gallery ? `${definition}/versions/1.0.${made++}` : `${images}/${name}`
    const publishingProfile = { targetRegions: [{ name: location }, { name: 'North Europe' }], excludeFromLatest: true }
    const version = { publishingProfile, storageProfile: { source: { virtualMachineId: machine } } }
    const image = { sourceVirtualMachine: { id: machine } }
    await ask('PUT', id, { location, tags, properties: kind.gallery ? version : image })
    return id
  }

  await ask('PUT', `${root}/images`, { location })
  await ask('PUT', `${root}/builds`, { location })
  if (kind.gallery) {
    await ask('PUT', definition.replace(/\/images\/[^/]+$/, ''), { location, properties: {} })
    const identifier = { publisher: 'example', offer: 'sindri', sku: 'debian' }
    await ask('PUT', definition, { location, properties: { identifier, osType: 'Linux', osState: 'Generalized' } })
  }

  return {
    region: location,
    others: [],
    instanceType: 'Standard_B2s',
    readers: [],
    ...(!kind.gallery && { withoutDeprecation: true }),
    unknownImage: kind.gallery ? `${definition}/versions/9.9.9` : `${images}/golden-0000000000`,
    connect() {
      const section = {
        subscription_id: subscription,
        resource_group: '${env:GROUP}',
        location,
        ...(kind.gallery && { gallery }),
        ...(kind.shared && { build_resource_group_name: 'builds' }),
      }
      const packer = { cloud: 'azure', azure: section }
      const config = loadConfig(
        JSON.stringify({ version: '1.0', name: 'golden', providers: { packer } }),
        'sindri.yaml',
      )
      const environment = { AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, GROUP: 'images' }
      return connect(resolve(config, {}, { env: environment }), environment)
    },
    async build({ name, fingerprint }): Promise<MadeImage> {
      const machine = await builder('building', 'builder', {})
      await generalize(machine)
      const id = await capture(machine, name, {
        [tag.release]: name,
        [tag.fingerprint]: fingerprint,
        [tag.managed]: 'true',
        [tag.run]: 'c'.repeat(64),
      })
      while ((await ask('GET', id)).properties === undefined || !(await ready(id)));
      await ask('DELETE', `${root}/building`)
      return { id, region: location, name }
    },
    async abandonRun({ token, release }) {
      const tags = { [tag.run]: token, [tag.release]: release, [tag.managed]: 'true' }
      const machine = await builder(kind.shared ? 'builds' : temporaryName(token), temporaryName(token), tags)
      if (token.startsWith('b')) return []
      // A run that was killed after its image was begun.
      await generalize(machine)
      await capture(machine, release, tags)
      // Time stands still, so that it stays unfinished.
      stepMs = 0
      return []
    },
    async inventory() {
      const groups = await all(root)
      const found = await Promise.all(groups.map(({ id }) => all(`${id}/resources`)))
      return [...groups, ...found.flat()].map(({ id, type }) => `${type} ${id}`).sort()
    },
    async close() {
      await close()
      rmSync(folder, { recursive: true })
    },
  }

  async function ready(id: string): Promise<boolean> {
    return JSON.stringify(await ask('GET', id)).includes('"provisioningState":"Succeeded"')
  }
}

describe('managed images', () => cloudContract('azure', () => openAccount({ gallery: false, shared: false })))
describe('gallery versions, built in a group that exists', () =>
  cloudContract('azure', () => openAccount({ gallery: true, shared: true })))

test('a gallery image stands for its latest version, which one becomes only when all is done', async () => {
  const account = await openAccount({ gallery: true, shared: false })
  onTestFinished(account.close)
  const target = await account.connect({ regions: [], readers: [] })
  const release = { name: 'golden-1700000000', fingerprint: 'feed', cloud: 'azure', region: location } as const
  const made = await account.build(release)
  await expect(target.images.get(location, definition)).rejects.toMatchObject({ code: 'not-found' })
  const { settings } = target.publish.plan(release, step('image', { title: '', digest: '', ...unused }))
  const got: Got = <Out>() => made as Out // the only step there is
  const latest = settings.find(({ id }) => id === `latest/${location}`)
  await latest?.write(got)
  expect(await latest?.read(got)).toBe(latest?.want)
  expect((await target.images.get(location, definition)).id).toBe(made.id)
  // A replica is in another location under the same id.
  const [there] = await target.images.list('northeurope', {})
  expect(there).toMatchObject({ id: made.id, region: 'northeurope', name: release.name })
})

const unused = {
  find: async () => undefined,
  start: async () => null,
  poll: async () => ({ failed: 'it is never run' }),
}
