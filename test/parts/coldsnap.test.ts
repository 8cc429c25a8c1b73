import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import { writeBootableDisk } from './bootable-disk.ts'
import { openSindri, type Sindri } from './sindri.ts'

/** AWS's own uploader. It takes a quarter of an hour to build, so nothing here installs it, in CI neither. */
const isThere = spawnSync('coldsnap', ['--help'], { stdio: 'ignore' }).status === 0
const region = 'us-east-1'

describe.skipIf(!isThere)('coldsnap and the stand-in of EBS (where coldsnap is installed)', () => {
  let sindri: Sindri
  let published: PublishResult
  let environment: Readonly<Record<string, string>>

  beforeAll(async () => {
    sindri = await openSindri()
    await writeBootableDisk(join(sindri.folder, 'disk.raw'))
    const release = { version: '1.4.2', os: 'debian12', disk: 'disk.raw', targets: { aws: { regions: [region] } } }
    await writeFile(join(sindri.folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))
    published = await sindri.json('vm', 'publish', '--rehearse')
    environment = await sindri.json('rehearsal', 'env')
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  function coldsnap(...words: readonly string[]): string {
    const env = { ...process.env, ...environment, AWS_REGION: region }
    return execFileSync('coldsnap', words, { cwd: sindri.folder, env, encoding: 'utf8', stdio: 'pipe' }).trim()
  }

  /** The disk alone: a volume has whole GiB. */
  async function digest(file: string): Promise<string> {
    const hash = createHash('sha256')
    await pipeline(createReadStream(join(sindri.folder, file), { end: (published.disk_bytes ?? 0) - 1 }), hash)
    return hash.digest('hex')
  }

  test('what we published is downloaded by it, and is the disk', async () => {
    const { aws = {} } = (await sindri.status()).resources
    coldsnap('download', '--no-progress', String(aws[region]?.snapshots?.[0]?.id), 'ours.raw')
    expect(await digest('ours.raw')).toBe(published.disk_sha256)
  })

  test('what it uploads is taken, and is the disk', async () => {
    const snapshot = coldsnap('upload', '--no-progress', '--wait', '--omit-zero-blocks', 'disk.raw')
    expect(snapshot).toMatch(/^snap-[0-9a-f]{17}$/)
    coldsnap('download', '--no-progress', snapshot, 'theirs.raw')
    expect(await digest('theirs.raw')).toBe(published.disk_sha256)
  })
})
