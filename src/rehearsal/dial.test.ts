import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { credentials } from './aws/signature.ts'
import { installDial } from './dial.ts'
import { type InProcess, openInProcess } from './in-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'sindri-dial-'))
let rehearsal: InProcess

// One file, one process: there is no way back from installDial.
beforeAll(async () => {
  rehearsal = await openInProcess({ home: join(folder, 'home'), cache: join(folder, 'cache') })
  installDial(rehearsal.rehearsal)
})

afterAll(async () => {
  await rehearsal.close()
  rmSync(folder, { recursive: true })
})

test('clients with nothing but a region and credentials reach the stand-ins over TLS', async () => {
  const ec2 = new EC2Client({ region: 'eu-west-1', credentials })
  expect((await ec2.send(new DescribeImagesCommand({}))).Images).toHaveLength(1)
  const sts = new STSClient({ region: 'us-east-1', credentials })
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012' })
})

test('plain HTTP to a vendor reaches the stand-in too', async () => {
  const response = await fetch('http://ec2.us-west-2.amazonaws.com/')
  expect(await response.text()).toContain('MissingAuthenticationToken')
})

test.each([
  'https://example.com/',
  'http://192.0.2.1/',
  'https://graph.microsoft.com/',
  'https://ec2.mars-north-1.amazonaws.com/',
  'https://evil-amazonaws.com/',
])('%s is refused', async (url) => {
  await expect(fetch(url)).rejects.toMatchObject({
    cause: { code: 'denied', message: expect.stringContaining('outside this machine') },
  })
})

test('unix sockets and loopback work as before', async () => {
  const path = join(folder, 's')
  const server = createServer((socket) => socket.end('here'))
  server.listen(path)
  await once(server, 'listening')
  const [data] = await once(connect(path), 'data')
  server.close()
  expect(String(data)).toBe('here')
  expect((await fetch(rehearsal.rehearsal.endpoint)).status).toBe(400)
})
