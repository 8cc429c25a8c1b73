import { sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectAzure } from '../src/clouds/azure/api.ts'
import { azureImages } from '../src/clouds/azure/images.ts'
import { azureLaunch } from '../src/clouds/azure/launch.ts'
import { network, networkInterface, publicAddress, securityGroup, virtualMachine } from '../src/clouds/azure/machine.ts'
import { missingActions } from '../src/clouds/azure/missing.ts'
import type { AzureApi } from '../src/clouds/azure/port.ts'
import { azurePublish } from '../src/clouds/azure/publish.ts'
import { azureOf } from '../src/clouds/azure/settings.ts'
import type { CloudImage } from '../src/clouds/cloud.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

const subscription = '11111111-1111-1111-1111-111111111111'
const root = `/subscriptions/${subscription}/resourceGroups`
const placed = { location: 'westeurope', tags: {} }
const here = useRehearsal(undefined, Date.now)

/** A rehearsed subscription with these faults to come or this role to enforce, and a client of it. */
async function open(
  settings: { readonly faults?: readonly object[]; readonly actions?: readonly string[] } = {},
): Promise<AzureApi> {
  const { faults = [], actions } = settings
  const policy = actions === undefined ? null : { value: { Actions: actions }, file: 'role.json' }
  await here.reopen({ policy, faults })
  return client()
}

/** A client with the rehearsal's credentials; these variables are put over them, or left out. */
function client(more: Readonly<Record<string, string | undefined>> = {}): AzureApi {
  const { AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID } = here.rehearsal.environment
  const environment = { AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_TENANT_ID, ...more }
  return connectAzure({ subscription, tenant: undefined, environment })
}

/** A group with a virtual machine called `vm` in it, and all that this needs. */
async function machine(api: AzureApi): Promise<string> {
  const providers = `${root}/g/providers`
  await api.putGroup({ name: 'g', location: 'westeurope', tags: {} })
  await api.put('Microsoft.Network/networkSecurityGroups', 'g', 'vm', securityGroup(placed, ['192.0.2.0/24']))
  await api.put('Microsoft.Network/virtualNetworks', 'g', 'vm', network(placed))
  await api.put('Microsoft.Network/publicIPAddresses', 'g', 'vm', publicAddress(placed))
  const ids = {
    securityGroup: `${providers}/Microsoft.Network/networkSecurityGroups/vm`,
    subnet: `${providers}/Microsoft.Network/virtualNetworks/vm/subnets/default`,
    address: `${providers}/Microsoft.Network/publicIPAddresses/vm`,
  }
  await api.put('Microsoft.Network/networkInterfaces', 'g', 'vm', networkInterface(placed, ids))
  const wanted = {
    name: 'vm',
    size: 'Standard_B2s',
    image: '',
    user: 'azureuser',
    publicKey: 'ssh-ed25519 AAAA',
    networkInterface: `${providers}/Microsoft.Network/networkInterfaces/vm`,
    settings: { storageAccountType: 'Standard_LRS' as const },
  }
  const reference = { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' }
  const text = JSON.stringify(virtualMachine(placed, wanted)).replace('{"id":""}', JSON.stringify(reference))
  await api.put('Microsoft.Compute/virtualMachines', 'g', 'vm', JSON.parse(text))
  return `${providers}/Microsoft.Compute/virtualMachines/vm`
}

/** A token that the rehearsal's registered key signed. */
function assertion(claims: object): string {
  const key = readFileSync(join(here.places.home, 'rehearsal/azure/key.pem'), 'utf8')
  const words = [{ alg: 'RS256', typ: 'JWT' }, claims].map((one) =>
    Buffer.from(JSON.stringify(one)).toString('base64url'),
  )
  return [...words, sign('sha256', Buffer.from(words.join('.')), key).toString('base64url')].join('.')
}

test('what Azure began although its answer was lost is begun once', async () => {
  const lost = { when: 'after', code: 'Disconnect', left: 1 }
  const api = await open({ faults: [{ operation: 'VirtualMachines.CreateOrUpdate', ...lost }] })
  await machine(api)
  expect(here.machines.size).toBe(1)
})

test('a call that Azure was too busy for is sent again', async () => {
  const fault = { operation: 'Images.ListByResourceGroup', when: 'before', code: 'TooManyRequests', left: 3 }
  const api = await open({ faults: [fault] })
  expect(await api.managedImages('g')).toEqual([])
})

test('a refused call names the action that is lacking', async () => {
  const api = await open({ actions: ['Microsoft.Resources/*'] })
  await expect(api.managedImages('g')).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringContaining('grant Microsoft.Compute/images/read'),
  })
  expect(await api.grants(undefined)).toEqual([{ actions: ['Microsoft.Resources/*'], not: [], data: [], notData: [] }])
})

test('actions that are granted nowhere are told of, and for certain unless the config works elsewhere too', async () => {
  const api = await open({ actions: ['Microsoft.Compute/*/read', 'Microsoft.Authorization/permissions/read'] })
  const wanted = ['Microsoft.Compute/images/read', 'Microsoft.Compute/images/write'].map((action) => {
    return { action, by: 'packer' as const, purpose: '', late: true }
  })
  const [lacking] = wanted.slice(1).map(({ action }) => action)
  expect(await missingActions(api, 'images', settingsOf({}), wanted)).toEqual([{ action: lacking, certain: true }])
  const elsewhere = settingsOf({ build_resource_group_name: 'builds' })
  expect(await missingActions(api, 'images', elsewhere, wanted)).toEqual([{ action: lacking, certain: false }])
})

test('credentials that are not accepted are told of with the variables they are in', async () => {
  const wrong: readonly (readonly [Readonly<Record<string, string | undefined>>, string])[] = [
    [{ AZURE_CLIENT_SECRET: 'wrong' }, 'AZURE_CLIENT_ID and AZURE_CLIENT_SECRET'],
    [{ AZURE_CLIENT_SECRET: undefined, ARM_CLIENT_SECRET: 'wrong' }, 'AZURE_CLIENT_ID and ARM_CLIENT_SECRET'],
    [
      { AZURE_CLIENT_SECRET: undefined, AZURE_FEDERATED_TOKEN_FILE: join(here.folder, 'none') },
      'AZURE_FEDERATED_TOKEN_FILE',
    ],
    [{ AZURE_CLIENT_SECRET: undefined, ARM_OIDC_TOKEN: 'a.b.c' }, 'AZURE_CLIENT_ID and ARM_OIDC_TOKEN'],
  ]
  for (const [environment, source] of wrong) {
    const api = client(environment)
    for (const call of [() => api.identity(), () => api.managedImages('g')])
      await expect(call()).rejects.toMatchObject({ code: 'credentials', message: expect.stringContaining(source) })
  }
  expect(() => client({ AZURE_CLIENT_SECRET: undefined })).toThrow('nothing to prove it with')
})

test('a token of another issuer takes the place of a secret, from the environment or a file', async () => {
  const token = assertion({ sub: 'rehearsal', exp: Date.now() / 1000 + 600 })
  const file = join(here.folder, 'token')
  writeFileSync(file, `${token}\n`)
  const none = { AZURE_CLIENT_SECRET: undefined }
  for (const own of [{ ARM_OIDC_TOKEN: token }, { AZURE_FEDERATED_TOKEN_FILE: file }])
    expect(await client({ ...none, ...own }).identity()).toBe(here.rehearsal.environment.AZURE_CLIENT_ID)
  const ended = assertion({ sub: 'rehearsal', exp: Date.now() / 1000 - 600 })
  await expect(client({ ...none, ARM_OIDC_TOKEN: ended }).identity()).rejects.toMatchObject({ code: 'credentials' })
})

test('without a tenant Azure is asked whose subscription it is', async () => {
  expect(await client({ AZURE_TENANT_ID: undefined }).identity()).toBe(here.rehearsal.environment.AZURE_CLIENT_ID)
})

test('a size that is not offered, and a group that is no deployment, are told of', async () => {
  const api = await open()
  await machine(api)
  const request = {
    deployment: 'x',
    image: { id: '', name: 'golden', region: 'westeurope' } as CloudImage, // what a launch reads of it
    instanceType: 'Standard_B2s',
    key: { publicKey: 'ssh-ed25519 AAAA' },
    sshSourceRanges: [],
  }
  const launch = azureLaunch(api, { group: 'images', settings: settingsOf({}) })
  const body = { ...placed, properties: { hardwareProfile: { vmSize: 'Standard_X1' } } }
  await expect(api.put('Microsoft.Compute/virtualMachines', 'g', 'other', body)).rejects.toMatchObject({
    code: 'failed',
    hint: expect.stringContaining('another size'),
  })
  await api.putGroup({ name: 'sindri-x', location: 'westeurope', tags: { mine: 'yes' } })
  expect(await launch.find('westeurope', 'x')).toBeUndefined()
  await launch.terminate('westeurope', 'x', new AbortController().signal)
  expect((await api.group('sindri-x')).tags).toEqual({ mine: 'yes' })
  expect(launch.steps(request).steps.map(({ id }) => id)).toEqual(['group', 'network', 'instance'])
})

test('the group of the images is made once, and one that is there stays as it is', async () => {
  const api = await open()
  const { prepare } = azurePublish(api, { group: 'images', settings: settingsOf({}), definition: undefined })
  await prepare?.()
  expect(await api.group('images')).toMatchObject({ location: 'westeurope', tags: { 'sindri:managed': 'true' } })
  await api.putGroup({ name: 'images', location: 'westeurope', tags: {} })
  await prepare?.()
  expect((await api.group('images')).tags).toEqual({})
})

test('an image is found by its id in any case, and not by the name of another', async () => {
  const api = await open()
  await machine(api)
  const images = azureImages(api, { group: 'g', definition: undefined })
  for (const id of [
    'golden-1',
    `${root}/g/providers/Microsoft.Compute/images/golden-1`,
    `${root}/g/providers/Microsoft.Compute/galleries/a/images/b`,
  ])
    await expect(images.get('westeurope', id)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(id),
    })
})

function settingsOf(azure: Readonly<Record<string, unknown>>) {
  const section = { subscription_id: subscription, resource_group: 'images', location: 'westeurope', ...azure }
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'azure', azure: section } } }
  return azureOf(resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} }))
}
