import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectAws } from '../../src/clouds/aws/api.ts'

/** A second EC2, written by others. Only what it truly implements is asked of it. */
const moto = join(process.env.SINDRI_PARTS ?? '', 'moto/bin/moto_server')
const missing = process.env.CI === undefined && !existsSync(moto)
const region = 'us-west-2'
const deployment = { 'sindri:deployment': 'd1' }

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
  })
  return promise
}

describe.skipIf(missing)('our EC2 client against moto (needs npm run parts)', () => {
  let server: ChildProcess
  beforeAll(async () => {
    const port = await freePort()
    server = spawn(moto, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
    for (const [name, value] of Object.entries({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })) {
      vi.stubEnv(name, value)
    }
    const answers = () => fetch(`http://127.0.0.1:${port}/moto-api/`).then((answer) => expect(answer.ok).toBe(true))
    await vi.waitFor(answers, { timeout: 60_000, interval: 200 })
  })
  afterAll(() => {
    vi.unstubAllEnvs()
    server.kill()
  })

  test('an identity, and the regions', async () => {
    const api = connectAws({ region, environment: process.env })
    expect((await api.identity()).account).toMatch(/^\d{12}$/)
    expect(await api.regions(region)).toContain('eu-west-1')
  })

  test('a deployment is made, found by its tag and removed', async () => {
    const api = connectAws({ region, environment: process.env })
    const publicKey = `ssh-ed25519 ${Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0 '.padEnd(51, 'k')).toString('base64')} k`
    await api.importKeyPair(region, { name: 'k', publicKey, tags: deployment })
    const group = await api.createSecurityGroup(region, { name: 'g', tags: deployment })
    await api.allowSsh(region, group, ['203.0.113.7/32'])
    expect(await api.securityGroups(region, { tags: deployment })).toEqual([
      { id: group, name: 'g', ranges: ['203.0.113.7/32'] },
    ])
    const id = await api.runInstance(region, {
      imageId: 'ami-12c6146b',
      instanceType: 't3.large',
      keyName: 'k',
      securityGroupIds: [group],
      token: 'one',
      tags: deployment,
    })
    const [instance] = await api.instances(region, { tags: deployment })
    expect(instance).toMatchObject({ id, keyName: 'k', imageId: 'ami-12c6146b', tags: deployment })
    await api.terminateInstances(region, [id])
    expect((await api.instances(region, { ids: [id] }))[0]?.state).toBe('terminated')
    await api.deleteSecurityGroup(region, group)
    await api.deleteKeyPair(region, 'k')
    expect(await api.keyPairs(region, deployment)).toEqual([])
  })

  test('what does not exist is named as such', async () => {
    const api = connectAws({ region, environment: process.env })
    await expect(api.images(region, { ids: ['ami-00000000000000000'] })).rejects.toMatchObject({ code: 'not-found' })
    await expect(api.terminateInstances(region, ['i-00000000000000000'])).rejects.toMatchObject({ code: 'not-found' })
  })
})
