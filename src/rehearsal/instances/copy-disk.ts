import { randomUUID } from 'node:crypto'
import { chmod, rename, rm, stat, truncate } from 'node:fs/promises'
import { SindriError } from '../../core/error.ts'
import { rootPartition } from './partition.ts'
import { run } from './run.ts'

const gibibyte = 1024 ** 3

/**
 * Copies a raw disk without filling its holes. With `sizeGiB` larger than the disk, the copy has that size and its
 * last partition reaches the end; the file system in it grows when the machine first starts, as on EC2. A smaller
 * `sizeGiB` is refused. `to` appears whole or not at all.
 */
export async function copyDisk(from: string, to: string, sizeGiB?: number): Promise<void> {
  const { size } = await stat(from)
  const wanted = sizeGiB === undefined ? size : sizeGiB * gibibyte
  if (wanted < size) {
    throw new SindriError('unsupported', `cannot copy ${from} to ${sizeGiB} GiB: it has ${size / gibibyte} GiB`, {
      hint: `ask for ${Math.ceil(size / gibibyte)} GiB or more`,
    })
  }
  const unfinished = `${to}.${randomUUID()}`
  try {
    await run('cp', ['--sparse=always', '--reflink=auto', from, unfinished])
    // A base is read-only, and its copy is not.
    await chmod(unfinished, 0o600)
    if (wanted > size) await grow(unfinished, wanted)
    await rename(unfinished, to)
  } finally {
    await rm(unfinished, { force: true })
  }
}

async function grow(disk: string, bytes: number): Promise<void> {
  await truncate(disk, bytes)
  await run('sfdisk', ['--quiet', '--relocate', 'gpt-bak-std', disk])
  const { number } = await rootPartition(disk)
  await run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', '--partno', String(number), disk], {
    input: ', +',
  })
}
