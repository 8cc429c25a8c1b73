import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

let server: Server | undefined

afterEach(() => server?.close())

const instance: InstanceRecord = {
  ...{ id: 'i-bp1a', region: 'cn-hangzhou', zone: 'cn-hangzhou-h', name: 'golden', tags: {}, createdAt: 0 },
  ...{ hostName: 'golden', imageId: 'm-bp1a', instanceType: 'ecs.g6.large', vpcId: 'vpc-a', vswitchId: 'vsw-a' },
  ...{ groups: [], diskId: 'd-a', privateAddress: '172.16.0.2', privateBits: 24, door: '127.0.0.9', isPublic: true },
  ...{ mac: '00:16:3e:00:00:01', running: true, changedAt: 0 },
}

async function get(path: string, key?: string): Promise<string> {
  server = createServer(metadataHandler(instance, key, '127.0.0.9')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server?.once('listening', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  return answer.ok ? answer.text() : `status ${answer.status}`
}

test.each([
  ['/2016-01-01/meta-data/instance-id', 'i-bp1a'],
  ['/latest/meta-data/hostname', 'golden'],
  ['/2016-01-01/meta-data/public-keys/', '0/'],
  ['/2016-01-01/meta-data/public-keys/0/openssh-key', 'ssh-rsa AAAA'],
  ['/2016-01-01/user-data', 'status 404'],
  ['/2016-01-01/meta-data/ram/security-credentials/', 'status 404'],
])('%s is %s', async (path, answer) => {
  expect(await get(path, 'ssh-rsa AAAA')).toBe(answer)
})

test('entries below which there are others end in a slash; without a key there is no entry for one', async () => {
  const lines = (await get('/latest/meta-data/')).split('\n')
  expect(lines).toEqual(expect.arrayContaining(['instance-id', 'network/']))
  expect(lines.join()).not.toContain('public-keys')
})
