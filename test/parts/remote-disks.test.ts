import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Context } from '../../src/actions/context.ts'
import { openSource } from '../../src/actions/publish/disk-source.ts'
import { systemClock } from '../../src/core/clock.ts'
import { digestOf } from '../../src/disk/digest.ts'
import { openDisk } from '../../src/disk/open-disk.ts'
import { type OtherServer, startServer } from './other-server.ts'

/** Disks on servers that are not ours, judged by coreutils. */
const folder = mkdtempSync(join(tmpdir(), 'sindri-remote-disks-'))
const files = ['disk.raw', 'disk.qcow2', 'disk.tar.gz']
const key = 'some folder/é?'
let sha256 = ''

beforeAll(async () => {
  const raw = Buffer.alloc(48 * 1024 * 1024)
  raw.writeUInt16BE(0x55aa, 510)
  for (const [at, length] of [
    [1_000_003, 9_000_000],
    [30_000_000, 5000],
    [raw.length - 3_000_001, 3_000_001],
  ] as const)
    raw.set(randomBytes(length), at)
  await writeFile(join(folder, 'disk.raw'), raw)
  const run = (program: string, ...words: readonly string[]): string =>
    execFileSync(program, words, { cwd: folder, encoding: 'utf8' })
  run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', 'disk.raw', 'disk.qcow2')
  run('tar', '--format=oldgnu', '-Sczf', 'disk.tar.gz', 'disk.raw')
  sha256 = run('sha256sum', 'disk.raw').slice(0, 64)
})
afterAll(() => rmSync(folder, { recursive: true }))

function context(environment: Context['environment'] = {}): Context {
  return {
    ...{ cwd: folder, environment, home: folder, cache: folder, clock: systemClock },
    ...{ signal: new AbortController().signal, emit: () => undefined, processId: 1, hostName: 'here' },
    self: { version: '0', command: [], node: '', nodeVersion: '', bundle: '', assets: '' },
    rehearsal: undefined,
  }
}

async function digestAt(address: string, environment?: Context['environment']): Promise<string> {
  const { bytes } = await openSource(address, context(environment))
  const disk = await openDisk(bytes, { folder })
  try {
    return await digestOf(disk)
  } finally {
    await disk.close()
  }
}

const inCi = process.env.CI === 'true'
const part = (name: string): string => join(process.env.SINDRI_PARTS ?? '', name)

/** Serves the folder and nothing else, and writes nowhere else. */
function startNginx(): Promise<OtherServer> {
  const config = (port: number): string => `
    daemon off; master_process off; pid nginx.pid; error_log /dev/null;
    events {}
    http {
      access_log off;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path tmp_${one};`).join(' ')}
      server { listen 127.0.0.1:${port}; root ${folder}; gzip on; gzip_types *; }
    }`
  return startServer('nginx', (port) => {
    writeFileSync(join(folder, 'nginx.conf'), config(port))
    return ['-p', folder, '-e', '/dev/null', '-c', 'nginx.conf']
  })
}

describe.skipIf(!inCi && !existsSync('/usr/sbin/nginx'))('nginx (Debian)', () => {
  let server: OtherServer
  beforeAll(async () => {
    server = await startNginx()
  })
  afterAll(() => server.close())

  test.each(files)('%s has the digest that sha256sum makes of the disk', async (file) => {
    expect(await digestAt(`http://127.0.0.1:${server.port}/${file}`)).toBe(sha256)
  })

  test('a disk that was written anew is noticed', async () => {
    const path = join(folder, 'changing.raw')
    await writeFile(path, await readFile(join(folder, 'disk.raw')))
    const { bytes } = await openSource(`http://127.0.0.1:${server.port}/changing.raw`, context())
    await bytes.read(0, Buffer.alloc(512))
    await writeFile(path, Buffer.alloc(bytes.sizeBytes, 'other'))
    execFileSync('touch', ['-d', '2020-01-01', path])
    await expect(bytes.read(20 * 1024 * 1024, Buffer.alloc(512))).rejects.toMatchObject({ code: 'conflict' })
    await bytes.close()
  })
})

test('the web server of Python knows no ranges, and is refused', async () => {
  const words = (port: number): readonly string[] => [
    '-m',
    'http.server',
    '--bind',
    '127.0.0.1',
    '-d',
    folder,
    `${port}`,
  ]
  const server = await startServer('python3', words)
  try {
    const refused = { code: 'unsupported', message: expect.stringContaining('gives no ranges') }
    await expect(digestAt(`http://127.0.0.1:${server.port}/disk.raw`)).rejects.toMatchObject(refused)
  } finally {
    await server.close()
  }
})

describe.skipIf(!inCi && !existsSync(part('moto')))('moto’s S3 (npm run parts)', () => {
  let server: OtherServer
  beforeAll(async () => {
    server = await startServer(part('moto/bin/moto_server'), (port) => ['-H', '127.0.0.1', '-p', `${port}`])
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${server.port}`)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    const client = new S3Client({ region: 'us-east-1', forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: 'disks' }))
    for (const file of files) {
      const Body = await readFile(join(folder, file))
      await client.send(new PutObjectCommand({ Bucket: 'disks', Key: `${key}${file}`, Body }))
    }
    client.destroy()
  }, 60_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  test.each(files)('%s has the digest that sha256sum makes of the disk', async (file) => {
    expect(await digestAt(`s3://disks/${key}${file}`, process.env)).toBe(sha256)
  })

  test('a disk that was written anew is noticed', async () => {
    const { bytes } = await openSource(`s3://disks/${key}disk.raw`, context(process.env))
    const client = new S3Client({ region: 'us-east-1', forcePathStyle: true })
    await client.send(new PutObjectCommand({ Bucket: 'disks', Key: `${key}disk.raw`, Body: Buffer.alloc(100) }))
    client.destroy()
    await expect(bytes.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'conflict' })
    await bytes.close()
  })
})

describe.skipIf(!inCi && !existsSync(part('fake-gcs-server')))('fake-gcs-server (npm run parts)', () => {
  let server: OtherServer
  beforeAll(async () => {
    const words = (port: number): readonly string[] => {
      const url = `http://127.0.0.1:${port}`
      return ['-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`, '-backend', 'memory', '-external-url', url]
    }
    server = await startServer(part('fake-gcs-server'), words)
    const root = `http://127.0.0.1:${server.port}`
    const real = fetch
    vi.stubGlobal('fetch', (url: string | URL | Request, options?: RequestInit) => {
      const to = new URL(url instanceof Request ? url.url : url)
      if (to.host !== 'storage.googleapis.com') return Promise.reject(new Error(`nothing of ${to.host} is asked`))
      return real(`${root}${to.pathname}${to.search}`, options)
    })
    // Whoever has no credentials asks for a public object.
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
    vi.stubEnv('CLOUDSDK_CONFIG', folder)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    const made = { method: 'POST', headers: { 'content-type': 'application/json' } }
    await real(`${root}/storage/v1/b?project=p`, { ...made, body: JSON.stringify({ name: 'disks' }) })
    for (const file of files) {
      const url = `${root}/upload/storage/v1/b/disks/o?uploadType=media&name=${encodeURIComponent(key + file)}`
      const answer = await real(url, { method: 'POST', body: await readFile(join(folder, file)) })
      expect(answer.status).toBe(200)
    }
  })
  afterAll(async () => {
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
    await server.close()
  })

  test.each(files)('%s has the digest that sha256sum makes of the disk', async (file) => {
    expect(await digestAt(`gs://disks/${key}${file}`)).toBe(sha256)
  })
})
