import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type MetadataSockets, openMetadataSockets } from '../kit/metadata-sockets.ts'
import { metadataHandler } from './metadata.ts'
import type { ResourceRecord } from './records.ts'

const group = '/subscriptions/s/resourceGroups/g/providers'
const common = { location: 'westeurope', tags: { team: 'core' }, createdAt: 0, readyAt: 0 }
const machine: ResourceRecord = {
  ...common,
  ...{ id: `${group}/Microsoft.Compute/virtualMachines/vm`, type: 'Microsoft.Compute/virtualMachines', name: 'vm' },
  properties: { hardwareProfile: { vmSize: 'Standard_B2s' } },
  machine: {
    ...{
      vmId: 'an-id',
      disk: '',
      networkInterface: '',
      memoryMiB: 4096,
      user: 'azureuser',
      keys: ['ssh-ed25519 AAAA'],
    },
    ...{ deletes: { disk: true, networkInterface: true }, running: true, generalized: false },
  },
}
const card: ResourceRecord = {
  ...common,
  ...{ id: `${group}/Microsoft.Network/networkInterfaces/vm`, type: 'Microsoft.Network/networkInterfaces', name: 'vm' },
  properties: { macAddress: '00-0D-3A-00-00-01', ipConfigurations: [{ properties: { privateIPAddress: '10.0.0.4' } }] },
}

let folder: string
let sockets: MetadataSockets
let socketPath: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-azure-metadata-'))
  sockets = openMetadataSockets(folder)
  socketPath = await sockets.open('vm', metadataHandler(machine, card, '127.77.160.1'))
})
afterEach(async () => {
  await sockets.closeAll()
  rmSync(folder, { recursive: true })
})

function ask(
  path: string,
  headers: Readonly<Record<string, string>> = { metadata: 'true' },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, headers }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

const version = 'api-version=2021-08-01'

test('an instance learns who it is, its account and its keys', async () => {
  const { status, body } = await ask(`/metadata/instance?${version}`)
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({
    compute: {
      name: 'vm',
      location: 'westeurope',
      resourceGroupName: 'g',
      vmSize: 'Standard_B2s',
      vmId: 'an-id',
      osProfile: { adminUsername: 'azureuser' },
      publicKeys: [{ keyData: 'ssh-ed25519 AAAA', path: '/home/azureuser/.ssh/authorized_keys' }],
      tagsList: [{ name: 'team', value: 'core' }],
    },
    network: {
      interface: [
        {
          macAddress: '000D3A000001',
          ipv4: { ipAddress: [{ privateIpAddress: '10.0.0.4', publicIpAddress: '127.77.160.1' }] },
        },
      ],
    },
  })
})

test('a single value can be had as text', async () => {
  expect(await ask(`/metadata/instance/compute/vmSize?${version}&format=text`)).toEqual({
    status: 200,
    body: 'Standard_B2s',
  })
  expect(await ask(`/metadata/instance/compute/none?${version}`)).toMatchObject({ status: 404 })
})

test('a request without its header, through a proxy or without a version is refused', async () => {
  expect(await ask(`/metadata/instance?${version}`, {})).toMatchObject({ status: 400 })
  expect(await ask(`/metadata/instance?${version}`, { metadata: 'true', 'x-forwarded-for': '1.2.3.4' })).toMatchObject({
    status: 400,
  })
  expect(await ask('/metadata/instance')).toMatchObject({ status: 400 })
})
