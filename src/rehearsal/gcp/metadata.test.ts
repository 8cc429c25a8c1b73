import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

const instance: InstanceRecord = {
  id: '1234567890123456789',
  path: 'projects/my-project-1/zones/us-west1-a/instances/builder',
  name: 'builder',
  project: 'my-project-1',
  zone: 'us-west1-a',
  createdAt: 0,
  labels: {},
  machineType: 'e2-medium',
  memoryMiB: 4096,
  disk: 'projects/my-project-1/zones/us-west1-a/disks/builder',
  networkTags: ['ssh'],
  metadata: { 'ssh-keys': 'debian:ssh-ed25519 AAAA', 'block-project-ssh-keys': 'TRUE' },
  serviceAccounts: [],
  scheduling: {},
  shielded: {},
  privateAddress: '10.138.0.2',
  publicAddress: '127.77.200.1',
  mac: '42:01:0a:8a:00:02',
}

let server: Server
let root: string

beforeAll(async () => {
  server = createServer(metadataHandler(instance))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  root = `http://127.0.0.1:${port}/computeMetadata/v1`
})

afterAll(() => {
  server.close()
})

const flavor = { 'Metadata-Flavor': 'Google' }

async function read(path: string, headers: Record<string, string> = flavor): Promise<string> {
  const response = await fetch(`${root}${path}`, { headers })
  return response.ok ? response.text() : `${response.status}`
}

test('values and listings are those of Google, and every answer says whose it is', async () => {
  expect(await read('/instance/name')).toBe('builder')
  expect(await read('/instance/hostname')).toBe('builder.us-west1-a.c.my-project-1.internal')
  expect(await read('/instance/network-interfaces/0/access-configs/0/external-ip')).toBe('127.77.200.1')
  expect(await read('/project/')).toBe('attributes/\nnumeric-project-id\nproject-id\n')
  expect((await fetch(`${root}/instance/id`, { headers: flavor })).headers.get('metadata-flavor')).toBe('Google')
})

test('a folder is read whole when asked for recursively', async () => {
  expect(JSON.parse(await read('/instance/attributes/?recursive=True'))).toEqual(instance.metadata)
})

test('a request without the header, through a proxy, or for what is not there is refused', async () => {
  expect(await read('/instance/name', {})).toBe('403')
  expect(await read('/instance/name', { ...flavor, 'X-Forwarded-For': '192.0.2.1' })).toBe('403')
  expect(await read('/instance/guest-attributes/hostkeys')).toBe('404')
  expect(await read('/instance/name/constructor')).toBe('404')
})
