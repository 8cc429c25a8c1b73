import { SindriError } from '../core/error.ts'
import type { Disk } from '../disk/disk.ts'

/** A run of a disk that is read as if it were alone: the whole disk, or a partition. */
export interface Region {
  readonly sizeBytes: number
  /** What it is called in messages: `the disk`, `partition 3`. */
  readonly name: string
  /**
   * A few bytes, kept for the next who asks: for what describes a file system. Not to be written to.
   * @throws SindriError `failed` beyond the end
   */
  bytes(offset: number, length: number): Promise<Buffer>
  /** Fills `into`; nothing is kept: for what files hold. @throws SindriError `failed` beyond the end */
  fill(offset: number, into: Uint8Array): Promise<void>
}

const pageBytes = 32 * 1024
/** 8 MiB, whatever the size of the disk. */
const pagesKept = 256

/** The bytes of `disk` from `offset` on as a region. Nothing is read yet. */
export function regionOf(disk: Disk, name: string, offset = 0, sizeBytes: number = disk.sizeBytes - offset): Region {
  const pages = new Map<number, Buffer>()

  async function page(index: number): Promise<Buffer> {
    const known = pages.get(index)
    if (known !== undefined) return known
    const start = index * pageBytes
    const bytes = Buffer.allocUnsafeSlow(Math.min(pageBytes, sizeBytes - start))
    await disk.read(offset + start, bytes)
    pages.set(index, bytes)
    const [oldest] = pages.keys()
    if (pages.size > pagesKept && oldest !== undefined) pages.delete(oldest)
    return bytes
  }

  function check(at: number, length: number): void {
    if (Number.isSafeInteger(at) && at >= 0 && length >= 0 && at + length <= sizeBytes) return
    throw new SindriError('failed', `${name} is ${sizeBytes} bytes long, and something in it points to byte ${at}`, {
      hint: 'the disk is cut short or damaged; make it again',
    })
  }

  return {
    sizeBytes,
    name,
    async bytes(at, length) {
      check(at, length)
      const first = Math.floor(at / pageBytes)
      const begin = at - first * pageBytes
      if (begin + length <= pageBytes) return (await page(first)).subarray(begin, begin + length)
      const whole = Buffer.alloc(length)
      for (let done = 0; done < length; ) {
        const index = Math.floor((at + done) / pageBytes)
        done += (await page(index)).copy(whole, done, at + done - index * pageBytes)
      }
      return whole
    },
    async fill(at, into) {
      check(at, into.length)
      await disk.read(offset + at, into)
    },
  }
}
