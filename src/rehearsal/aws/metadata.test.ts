import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type MetadataInstance, metadataHandler } from './metadata.ts'

const instance: MetadataInstance = {
  id: 'i-0123456789abcdef0',
  imageId: 'ami-00000000000000001',
  type: 't3.micro',
  region: 'eu-west-1',
  zone: 'eu-west-1a',
  account: '111122223333',
  hostname: 'ip-172-31-16-7.eu-west-1.compute.internal',
  mac: '0a:00:00:00:00:07',
  privateAddress: '172.31.16.7',
  publicAddress: '127.77.0.7',
  subnetId: 'subnet-1',
  vpcId: 'vpc-1',
  publicKey: { name: 'deploy', openssh: 'ssh-ed25519 AAAA deploy' },
  securityGroups: ['default', 'web'],
  tokens: 'required',
  reservationId: 'r-1',
  launchedAt: '2026-11-21T08:00:00.123Z',
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(changes: Partial<MetadataInstance> = {}, now?: () => number) {
  const server = createServer(metadataHandler({ ...instance, ...changes }, now))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  // A server listening on TCP has an AddressInfo.
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (path: string, init: RequestInit = {}) => fetch(base + path, init)
  const issue = async (ttl = '60') => {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': ttl }
    return (await ask('/latest/api/token', { method: 'PUT', headers })).text()
  }
  const token = await issue()
  const read = async (path: string) => {
    const response = await ask(path, { headers: { 'X-aws-ec2-metadata-token': token } })
    return response.ok ? response.text() : response.status
  }
  return { ask, issue, read }
}

test('without a session token nothing is told where tokens are required', async () => {
  const { ask } = await serve()
  expect((await ask('/latest/meta-data/instance-id')).status).toBe(401)
  const { ask: askOptional } = await serve({ tokens: 'optional' })
  expect(await (await askOptional('/latest/meta-data/instance-id')).text()).toBe(instance.id)
})

test('a token of another instance, a forged one and an expired one are refused, even where none is required', async () => {
  let time = 1_000_000
  const { ask, issue } = await serve({ tokens: 'optional' }, () => time)
  const other = await serve()
  const status = async (token: string) =>
    (await ask('/latest/meta-data/', { headers: { 'x-aws-ec2-metadata-token': token } })).status
  const token = await issue('10')
  expect(await status(token)).toBe(200)
  expect(await status(await other.issue())).toBe(401)
  expect(await status(token.replace(/^./, 'z'))).toBe(401)
  time += 10_000
  expect(await status(token)).toBe(401)
})

test.each(['0', '21601', 'soon', ''])('a token for %j seconds is a bad request', async (ttl) => {
  const { ask } = await serve()
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': ttl }
  expect((await ask('/latest/api/token', { method: 'PUT', headers })).status).toBe(400)
})

test('a token is not given through a proxy', async () => {
  const { ask } = await serve()
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60', 'x-forwarded-for': '10.0.0.1' }
  expect((await ask('/latest/api/token', { method: 'PUT', headers })).status).toBe(403)
})

test('whatever a listing names can be read, down to the leaves', async () => {
  const { read } = await serve({ userData: Buffer.from('#!/bin/sh\n').toString('base64') })
  const leaves: string[] = []
  const walk = async (path: string): Promise<void> => {
    const text = await read(path)
    expect(text, path).toBeTypeOf('string')
    for (const line of String(text).split('\n')) {
      if (line.endsWith('/')) await walk(path + line)
      else if (path.endsWith('/public-keys/')) await walk(`${path}${line.replace(/=.*/, '')}/`)
      else {
        expect(await read(path + line), path + line).toBeTypeOf('string')
        leaves.push(path + line)
      }
    }
  }
  await walk('/2021-03-23/meta-data/')
  await walk('/latest/dynamic/')
  expect(leaves).toContain('/2021-03-23/meta-data/network/interfaces/macs/0a:00:00:00:00:07/local-ipv4s')
  expect(leaves).toContain('/2021-03-23/meta-data/public-keys/0/openssh-key')
  expect(leaves).toContain('/latest/dynamic/instance-identity/document')
})

test('categories are listed as the service lists them', async () => {
  const { read } = await serve()
  expect(await read('/')).toContain('2009-04-04\n')
  expect(await read('/latest')).toBe('dynamic\nmeta-data')
  expect(await read('/latest/meta-data/public-keys/')).toBe('0=deploy')
  expect(await read('/latest/meta-data/placement')).toBe('availability-zone\nregion')
  expect(await read('/latest/meta-data/security-groups')).toBe('default\nweb')
  expect(await read('/latest/meta-data/public-keys/0/openssh-key')).toBe('ssh-ed25519 AAAA deploy\n')
})

test('user data comes as bytes, and is not found where there is none', async () => {
  const bytes = Buffer.from([0x1f, 0x8b, 0, 255])
  const { ask, read } = await serve({ userData: bytes.toString('base64'), tokens: 'optional' })
  expect(Buffer.from(await (await ask('/latest/user-data')).arrayBuffer())).toEqual(bytes)
  expect(await read('/latest/user-data/')).toBeTypeOf('string')
  expect(await (await serve()).read('/latest/user-data')).toBe(404)
})

test('the identity document says who the instance is', async () => {
  const { read } = await serve({ type: 't4g.small' })
  expect(JSON.parse(String(await read('/latest/dynamic/instance-identity/document/')))).toMatchObject({
    accountId: '111122223333',
    architecture: 'arm64',
    instanceId: instance.id,
    pendingTime: '2026-11-21T08:00:00Z',
    privateIp: '172.31.16.7',
    region: 'eu-west-1',
  })
})

test('unknown categories and versions are not found, other methods not allowed', async () => {
  const { ask, read } = await serve({ tokens: 'optional' })
  expect(await read('/latest/meta-data/iam/')).toBe(404)
  expect(await read('/2001-01-01/meta-data/')).toBe(404)
  expect(await read('/latest/meta-data/ami-id/deeper')).toBe(404)
  expect(await read('/latest/meta-data/constructor')).toBe(404)
  expect((await ask('/latest/meta-data/', { method: 'POST' })).status).toBe(405)
})
