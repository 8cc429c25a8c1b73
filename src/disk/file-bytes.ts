import { constants, type FileHandle, open } from 'node:fs/promises'
import { hasCode, SindriError } from '../core/error.ts'
import type { Bytes, Extent } from './disk.ts'
import { askForRuns } from './holes.ts'
import { checkRange } from './runs.ts'

/**
 * A local file, whose holes are not read where the file system tells where they are.
 * @throws SindriError `not-found`, `denied`, or `usage` when it is no file
 */
export async function openFile(path: string): Promise<Bytes> {
  const handle = await openHandle(path)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) {
      throw new SindriError('usage', `${path} is not a file`, { hint: 'give the file of a disk image' })
    }
    let asked: Promise<readonly Extent[]> | undefined
    return {
      sizeBytes: stat.size,
      extents: () => {
        asked ??= runsOf(handle, stat.size)
        return asked
      },
      read: (offset, into) => readFully(handle, path, stat.size, offset, into),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openHandle(path: string): Promise<FileHandle> {
  try {
    // A named pipe that nobody writes to would be waited for, for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      throw new SindriError('not-found', `there is no file ${path}`, { hint: 'check the path', cause: error })
    }
    if (hasCode(error, 'EACCES') || hasCode(error, 'EPERM')) {
      throw new SindriError('denied', `${path} may not be read`, { hint: `ls -l ${path}`, cause: error })
    }
    if (hasCode(error, 'ELOOP')) {
      throw new SindriError('usage', `${path} is a symbolic link that leads to itself`, {
        hint: `ls -l ${path}`,
        cause: error,
      })
    }
    throw error
  }
}

async function runsOf(handle: FileHandle, size: number): Promise<readonly Extent[]> {
  const everything = size === 0 ? [] : [{ offset: 0, length: size }]
  const before = await handle.stat({ bigint: true })
  if (before.blocks * 512n >= BigInt(size)) return everything
  const runs = await askForRuns(handle.fd, size)
  const after = await handle.stat({ bigint: true })
  // Someone writes to it: what was told may be old. And blocks without a run in them are a doubt.
  const changed = after.mtimeNs !== before.mtimeNs || after.size !== before.size
  if (runs === undefined || changed || (runs.length === 0 && after.blocks > 0n)) return everything
  return runs
}

async function readFully(
  handle: FileHandle,
  path: string,
  sizeBytes: number,
  offset: number,
  into: Uint8Array,
): Promise<void> {
  checkRange(offset, into.length, sizeBytes)
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, offset + done)
    if (bytesRead === 0) {
      throw new SindriError('failed', `${path} became shorter than ${sizeBytes} bytes while it was read`, {
        hint: 'nothing may write to a disk that is being read; wait until it is finished',
      })
    }
    done += bytesRead
  }
}
