import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { lastEntries } from '../kit/journal.ts'
import { type Json, objectIn } from '../kit/json.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'

const subscription = '/subscriptions/11111111-1111-1111-1111-111111111111'
const group = `${subscription}/resourceGroups/g`
const machine = `${group}/providers/Microsoft.Compute/virtualMachines/vm`
const image = `${group}/providers/Microsoft.Compute/images/golden`
const location = 'westeurope'

let token: string
const here = useRehearsal(async () => {
  token = String((await login({})).access_token)
})

/** What the token service answers to the rehearsal's credentials, with these changes. */
async function login(changes: Readonly<Record<string, string>>): Promise<Json> {
  const { AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_TENANT_ID = '' } = here.rehearsal.environment
  const form = { grant_type: 'client_credentials', client_id: AZURE_CLIENT_ID, client_secret: AZURE_CLIENT_SECRET }
  const body = new URLSearchParams({ ...form, resource: 'https://management.azure.com/', ...changes })
  const url = `https://login.microsoftonline.com/${changes.tenant ?? AZURE_TENANT_ID}/oauth2/token`
  return (await fetch(url, { method: 'POST', body })).json()
}

interface Answered {
  readonly http: number
  readonly headers: Headers
  readonly body: Json
}

async function ask(method: string, path: string, body?: object, version = '2024-03-01'): Promise<Answered> {
  const url = new URL(path, 'https://management.azure.com')
  if (version !== '' && !url.searchParams.has('api-version')) url.searchParams.set('api-version', version)
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body) })
  const text = await answer.text()
  return { http: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

function codeOf({ body }: Answered): unknown {
  return objectIn(body.error).code
}

/** A template as azure-arm writes it, as far as it matters. */
function template(size = 'Standard_D2s_v4'): object {
  const network = 'Microsoft.Network'
  const idOf = (type: string): string => `[resourceId('${type}', parameters('name'))]`
  const common = {
    apiVersion: '2020-06-01',
    name: "[parameters('name')]",
    location: '[resourceGroup().location]',
    tags: { a: 'b' },
  }
  const configuration = {
    subnet: { id: `[concat(resourceId('${network}/virtualNetworks', parameters('name')), '/subnets/a')]` },
    publicIPAddress: { id: idOf(`${network}/publicIPAddresses`) },
  }
  const machineProperties = {
    hardwareProfile: { vmSize: size },
    osProfile: {
      adminUsername: 'packer',
      adminPassword: "[parameters('password')]",
      computerName: "[parameters('name')]",
    },
    storageProfile: {
      imageReference: { publisher: 'Debian', offer: 'debian-12', sku: '12-gen2', version: 'latest' },
      osDisk: { name: "[concat(parameters('name'), '-os')]", createOption: 'FromImage', diskSizeGB: 30 },
    },
    networkProfile: { networkInterfaces: [{ id: idOf(`${network}/networkInterfaces`) }] },
  }
  const subnets = [{ name: 'a', properties: { addressPrefix: '10.1.0.0/24' } }]
  const resources = [
    { ...common, type: 'Microsoft.Compute/virtualMachines', properties: machineProperties },
    {
      ...common,
      type: `${network}/networkInterfaces`,
      properties: { ipConfigurations: [{ name: 'c', properties: configuration }] },
    },
    { ...common, type: `${network}/virtualNetworks`, properties: { subnets } },
    { ...common, type: `${network}/publicIPAddresses`, properties: {} },
  ]
  const parameters = { name: { type: 'string' }, password: { type: 'securestring' } }
  const values = { name: { value: 'vm' }, password: { value: 'hunter2-hunter2' } }
  return { properties: { mode: 'Incremental', template: { parameters, variables: {}, resources }, parameters: values } }
}

const deployment = `${group}/providers/Microsoft.Resources/deployments/d`

async function deploy(body = template()): Promise<Answered> {
  await ask('PUT', group, { location })
  return ask('PUT', deployment, body)
}

test('a request without a token learns the tenant, and one without a version or with a wrong token is refused', async () => {
  const anonymous = await fetch(`https://management.azure.com${group}?api-version=2024-03-01`)
  expect(anonymous.status).toBe(401)
  expect(anonymous.headers.get('www-authenticate')).toContain(`/${here.rehearsal.environment.AZURE_TENANT_ID}"`)
  expect(codeOf(await ask('GET', group, undefined, ''))).toBe('MissingApiVersionParameter')
  expect(codeOf(await ask('GET', group, undefined, 'latest'))).toBe('InvalidApiVersionParameter')
  const right = token
  token = `${right.slice(0, -8)}AAAAAAAA`
  expect(await ask('GET', group)).toMatchObject({ http: 401 })
  token = right
  expect(codeOf(await ask('GET', group))).toBe('ResourceGroupNotFound')
  here.now += 2 * 3_600_000
  expect(codeOf(await ask('GET', group))).toBe('InvalidAuthenticationToken')
})

test('tokens are given for the right secret, tenant and audience alone', async () => {
  expect(await login({ client_secret: 'wrong' })).toMatchObject({
    error: 'invalid_client',
    error_description: expect.stringContaining('AADSTS7000215'),
  })
  expect(await login({ client_id: 'other' })).toMatchObject({ error: 'unauthorized_client' })
  expect(await login({ tenant: 'other' })).toMatchObject({ error_description: expect.stringContaining('AADSTS90002') })
  expect(await login({ resource: 'https://graph.microsoft.com/' })).toMatchObject({ error: 'invalid_resource' })
  const vault = await login({ resource: 'https://vault.azure.net' })
  token = String(vault.access_token)
  expect(await ask('GET', group)).toMatchObject({ http: 401 })
})

test('a deployment makes what its template says, in whatever order, and the machine runs', async () => {
  const begun = await deploy()
  expect(begun.http).toBe(201)
  const status = await ask('GET', begun.headers.get('azure-asyncoperation') ?? '')
  expect(status.body).toMatchObject({ status: 'Succeeded' })
  const { body } = await ask('GET', `${deployment}/operations`)
  expect(JSON.stringify(body)).toContain('Microsoft.Compute/virtualMachines')
  const [running] = [...here.machines.values()]
  expect(running).toMatchObject({ privateAddress: '10.1.0.4/24', hostname: 'vm' })
  expect(running?.files?.['/var/lib/waagent/ovf-env.xml']).toContain('<wa:UserName>packer</wa:UserName>')
  expect((await ask('GET', machine)).body).toMatchObject({
    tags: { a: 'b' },
    properties: { provisioningState: 'Creating' },
  })
  here.now += 1_000
  expect((await ask('GET', `${machine}?$expand=instanceView`)).body).toMatchObject({
    properties: {
      provisioningState: 'Succeeded',
      instanceView: { statuses: expect.arrayContaining([expect.objectContaining({ code: 'PowerState/running' })]) },
    },
  })
})

test('no password is kept, told or written down', async () => {
  await deploy()
  const kept = readFileSync(join(dirname(filesOf(here.places).settings), 'azure/records.json'), 'utf8')
  expect(kept).toContain('packer')
  const told = JSON.stringify([(await ask('GET', machine)).body, lastEntries(filesOf(here.places).journal, 100), kept])
  expect(told).not.toContain('hunter2')
})

test('what fails of a deployment fails it, and not the request', async () => {
  const begun = await deploy(template('Standard_X9'))
  expect(begun.http).toBe(201)
  const status = await ask('GET', begun.headers.get('azure-asyncoperation') ?? '')
  expect(status.body).toMatchObject({
    status: 'Failed',
    error: { code: 'DeploymentFailed', details: [{ code: 'SkuNotAvailable' }] },
  })
  expect(here.machines.size).toBe(0)
})

test('an image is made of a machine that is stopped and generalized, and of no other', async () => {
  await deploy()
  const body = { location, tags: {}, properties: { sourceVirtualMachine: { id: machine } } }
  expect(codeOf(await ask('PUT', image, body))).toBe('OperationNotAllowed')
  expect(codeOf(await ask('POST', `${machine}/generalize`))).toBe('OperationNotAllowed')
  expect(await ask('POST', `${machine}/deallocate`)).toMatchObject({ http: 202 })
  expect(here.machines.size).toBe(0)
  expect(await ask('POST', `${machine}/generalize`)).toMatchObject({ http: 200 })
  expect(codeOf(await ask('PUT', image, { ...body, location: 'eastus' }))).toBe('BadRequest')
  expect(await ask('PUT', image, body)).toMatchObject({
    http: 201,
    body: { properties: { provisioningState: 'Creating' } },
  })
  await ask('DELETE', machine)
  here.now += 2_000
  expect((await ask('GET', image)).body).toMatchObject({ properties: { provisioningState: 'Succeeded' } })
})

test('what is in use cannot be removed, and a group goes with all that is in it', async () => {
  await deploy()
  const card = `${group}/providers/Microsoft.Network/networkInterfaces/vm`
  const disk = `${group}/providers/Microsoft.Compute/disks/vm-os`
  expect(codeOf(await ask('DELETE', disk))).toBe('OperationNotAllowed')
  const [held, removed] = await Promise.all([ask('DELETE', card), ask('DELETE', machine)])
  // Held back for a moment, until the machine is gone.
  expect([held.http, removed.http]).toEqual([202, 202])
  expect(await ask('DELETE', group)).toMatchObject({ http: 202 })
  expect(await ask('HEAD', group)).toMatchObject({ http: 404 })
  expect(readdirSync(join(dirname(filesOf(here.places).settings), 'azure/disks'))).toEqual([])
})

test('a role is enforced on the request, and on what a deployment makes', async () => {
  const actions = ['Microsoft.Resources/*', 'Microsoft.Network/*']
  await here.reopen({ policy: { value: { Actions: actions }, file: 'role.json' } })
  expect(codeOf(await ask('GET', image))).toBe('AuthorizationFailed')
  const begun = await deploy()
  const status = await ask('GET', begun.headers.get('azure-asyncoperation') ?? '')
  expect(JSON.stringify(status.body)).toContain("perform action 'Microsoft.Compute/virtualMachines/write'")
})

test('a daemon that is started again has the same machines, and runs those that ran', async () => {
  await deploy()
  await here.reopen()
  expect([...here.machines.values()]).toMatchObject([{ hostname: 'vm' }])
  await ask('POST', `${machine}/deallocate`)
  await here.reopen()
  expect(here.machines.size).toBe(0)
  expect(await ask('GET', machine)).toMatchObject({ http: 200 })
})

test('what the stand-in lacks is told by name', async () => {
  const refused = await Promise.all([
    ask('GET', `${subscription}/providers/Microsoft.KeyVault/vaults`),
    ask('GET', `${subscription}/resources?$filter=substringof('a', name)`),
    ask('GET', `${group}/resources?$skip=1`),
  ])
  expect(refused.map(({ http }) => http)).toEqual([501, 501, 501])
  expect(refused.map(({ body }) => String(objectIn(body.error).message))).toEqual([
    expect.stringContaining('vaults'),
    expect.stringContaining('substringof'),
    expect.stringContaining('$skip'),
  ])
})
