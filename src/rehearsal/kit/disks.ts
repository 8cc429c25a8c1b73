import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Base } from './machines.ts'

/** The disk files of volumes and snapshots. A file is named by itself, or `base:<name>` for a stock image's. */
export interface Disks {
  path(name: string): Promise<string>
  /** A new private copy, at least `sizeGiB` large. */
  copy(name: string, sizeGiB?: number): Promise<string>
  /** A new empty disk. */
  blank(sizeGiB: number): Promise<string>
  remove(name: string): Promise<void>
  /** Removes every file that is not among `used`: what a crash left behind. */
  keepOnly(used: ReadonlySet<string>): Promise<void>
}

export interface DiskOptions {
  readonly folder: string
  readonly copyDisk: (from: string, to: string, sizeGiB?: number) => Promise<void>
  readonly base: (name: Base['name']) => Promise<Base>
}

const bases: readonly Base['name'][] = ['debian-12', 'ubuntu-22.04', 'ubuntu-24.04']

/** Opens the folder of disks. */
export async function openDisks({ folder, copyDisk, base }: DiskOptions): Promise<Disks> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const inFolder = (name: string) => join(folder, name)

  async function path(name: string): Promise<string> {
    const stock = bases.find((each) => name === `base:${each}`)
    return stock === undefined ? inFolder(name) : (await base(stock)).disk
  }

  return {
    path,
    copy: async (name, sizeGiB) => {
      const copied = `${randomUUID()}.raw`
      await copyDisk(await path(name), inFolder(copied), sizeGiB)
      return copied
    },
    blank: async (sizeGiB) => {
      const name = `${randomUUID()}.raw`
      const file = await open(inFolder(name), 'wx', 0o600)
      try {
        await file.truncate(sizeGiB * 1024 ** 3)
      } finally {
        await file.close()
      }
      return name
    },
    remove: async (name) => {
      if (!name.startsWith('base:')) await rm(inFolder(name), { force: true })
    },
    keepOnly: async (used) => {
      const orphans = (await readdir(folder)).filter((name) => !used.has(name))
      await Promise.all(orphans.map((name) => rm(inFolder(name), { recursive: true, force: true })))
    },
  }
}
