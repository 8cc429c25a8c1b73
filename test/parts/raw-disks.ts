import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { digestOf } from '../../src/disk/digest.ts'
import { pattern } from '../../src/disk/made-disks.fixture.ts'
import { openDisk } from '../../src/disk/open-disk.ts'

/** Whether the judges are here. */
export const able: boolean =
  spawnSync('qemu-img', ['--version']).status === 0 && spawnSync('mke2fs', ['-V']).status === 0
/** Where the disks of one test file are; removed when its tests are done. */
export const folder: string = await mkdtemp(join(tmpdir(), 'sindri-disks-'))
afterAll(() => rm(folder, { recursive: true }))

/** Runs a program in that folder, and gives what it prints. */
export function run(command: string, ...words: string[]): string {
  return execFileSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  })
}

/** Bytes of a MiB. */
export const mib: number = 1 << 20

/** Each disk is made once, by its name. */
const makers: Readonly<Record<string, (path: string) => Promise<void>>> = {
  /** A file system with files of real life in it, behind a partition table: real data and real holes. */
  real: async (path) => {
    await writeFile(path, '')
    await truncate(path, 192 * mib)
    const options = ['-t', 'ext4', '-E', `offset=${mib},lazy_itable_init=1`]
    run('mke2fs', '-q', '-F', ...options, '-d', modules, path, `${190 * 1024}k`)
    await partitionTable(path)
  },
  'no holes': async (path) => {
    await writeFile(path, pattern(5 * mib))
    await partitionTable(path)
  },
  'all holes': async (path) => {
    await writeFile(path, '')
    await truncate(path, 40 * mib)
  },
  /** As no vendor's disk is: 77 sectors over whole MiB, data at both ends and astride the borders of clusters. */
  odd: async (path) => {
    await writeFile(path, '')
    await truncate(path, 21 * mib + 77 * 512)
    await put(path, 65536 - 700, pattern(1400))
    await put(path, 9 * mib - 3, pattern(6))
    await put(path, 21 * mib + 76 * 512, pattern(512))
    await partitionTable(path)
  },
}
const modules = join(import.meta.dirname, '../../node_modules/typescript')

/** Writes some bytes into a file that is there. */
export async function put(path: string, at: number, data: Uint8Array): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(data, 0, data.length, at)
  await file.close()
}

/** Makes a file be told as a disk. */
export async function partitionTable(path: string): Promise<void> {
  await put(path, 510, Buffer.from([0x55, 0xaa]))
}

const made = new Map<string, Promise<string>>()

/** The path of the raw disk of this name. */
export function rawDisk(name: string): Promise<string> {
  const path = join(folder, `${name.replace(' ', '-')}.raw`)
  const found = made.get(name) ?? makers[name]?.(path).then(() => path)
  if (found === undefined) throw new Error(`no disk ${name}`)
  made.set(name, found)
  return found
}

/** The digest of a file. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: mib })) hash.update(chunk)
  return hash.digest('hex')
}

/** Opens a disk by its content and tells what a user would: what it is, how large, and its digest. */
export async function seen(path: string): Promise<{ format: string; sizeBytes: number; digest: string }> {
  const disk = await openDisk(path, { folder })
  const digest = await digestOf(disk)
  await disk.close()
  return { format: disk.format, sizeBytes: disk.sizeBytes, digest }
}

/** The raw disks there are. */
export const names: readonly string[] = Object.keys(makers)

/** Whether the file system here tells where a file has holes. */
export function tellsHoles(path: string): boolean {
  return spawnSync('filefrag', ['-s', path], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } }).status === 0
}
