import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EBSClient, GetSnapshotBlockCommand, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connectAws } from '../../src/clouds/aws/api.ts'
import { connectAwsDisk } from '../../src/clouds/aws/disk-api.ts'
import { blockBytes } from '../../src/clouds/aws/disk-port.ts'
import { ebsSink } from '../../src/clouds/aws/ebs-sink.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Disk } from '../../src/disk/disk.ts'
import { sender } from '../../src/transfer/send.ts'
import { freePort } from './free-port.ts'

/** A second EC2, written by others. Only what it truly implements is asked of it. */
const moto = join(process.env.SINDRI_PARTS ?? '', 'moto/bin/moto_server')
const missing = process.env.CI === undefined && !existsSync(moto)
const region = 'us-west-2'
const deployment = { 'sindri:deployment': 'd1' }

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

  test('the blocks of a disk arrive in its EBS, and are read back', async () => {
    const api = connectAwsDisk({ region, environment: process.env })
    const bytes = Buffer.alloc(4 * 1024 * 1024)
    bytes.fill('moto', blockBytes, blockBytes + 100)
    bytes.fill('end', bytes.length - 90)
    const tags = { Name: 'blocks' }
    const id = await api.startSnapshot(region, { sizeGiB: 1, description: 'blocks', token: 'blocks', tags })
    const disk: Disk = {
      ...{
        format: 'raw',
        sizeBytes: bytes.length,
        extents: [{ offset: 0, length: bytes.length }],
        close: async () => {},
      },
      read: async (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
    }
    const { signal } = new AbortController()
    const fill = sender({ disk, clock: systemClock, signal, emit: () => undefined })
    await fill('snapshot', ebsSink(api, region, id), { read: async () => new Set(), write: async () => undefined })
    const ebs = new EBSClient({ region })
    const { Blocks = [] } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: id }))
    // It tells them as texts, in no order.
    const tokens = new Map(Blocks.map(({ BlockIndex, BlockToken }) => [Number(BlockIndex), BlockToken]))
    expect([...tokens.keys()].sort()).toEqual([1, 7])
    const block = await ebs.send(
      new GetSnapshotBlockCommand({ SnapshotId: id, BlockIndex: 7, BlockToken: tokens.get(7) }),
    )
    expect(bytes.subarray(7 * blockBytes).equals((await block.BlockData?.transformToByteArray()) ?? Buffer.of())).toBe(
      true,
    )
  })

  test('a snapshot becomes an image that is copied', async () => {
    const [api, disks] = [
      connectAws({ region, environment: process.env }),
      connectAwsDisk({ region, environment: process.env }),
    ]
    const tags = { 'sindri:release': 'golden' }
    const snapshot = await disks.startSnapshot(region, { sizeGiB: 1, description: 'd', token: 'one', tags })
    const boot = { architecture: 'x86_64', bootMode: 'uefi', tpm: false } as const
    const id = await disks.registerImage(region, { name: 'golden', description: 'golden', snapshot, ...boot, tags })
    // It does not keep the tags that an image is registered with.
    expect(await api.images(region, { ids: [id] })).toMatchObject([{ id, name: 'golden' }])
    const copy = { name: 'golden', description: 'golden', source: id, sourceRegion: region, encrypted: false }
    const copied = await api.copyImage('eu-west-1', { ...copy, token: 'copy', tags })
    expect(await api.images('eu-west-1', { ids: [copied] })).toMatchObject([{ id: copied, name: 'golden' }])
  })
})
