import { SindriError } from '../core/error.ts'
import { detectFormat } from './detect.ts'
import type { Bytes, Disk, DiskFormat } from './disk.ts'
import { openFile } from './file-bytes.ts'
import { openQcow2 } from './qcow2.ts'
import { openRaw } from './raw.ts'
import { openTarGz } from './tar-gz.ts'
import { openVhd } from './vhd.ts'
import { openVmdk } from './vmdk.ts'

export interface OpenOptions {
  /** What the user says it is; told by its content when it is not given. */
  readonly format?: DiskFormat
  /** Where a tar.gz is unpacked; without it one is refused. */
  readonly folder?: string
  /** What the disk is called in errors; its path, when it is not given. */
  readonly name?: string
  /** Called with its format before anything but its beginning and its end is read; what it throws is thrown. */
  readonly before?: (format: DiskFormat) => Promise<void>
}

/**
 * Opens a disk by its path, or one whose bytes are elsewhere. Its `close` closes the bytes too; so does a failure to
 * open it.
 * @throws SindriError naming the file, and what in it is wrong or not supported
 */
export async function openDisk(source: string | Bytes, options: OpenOptions = {}): Promise<Disk> {
  const bytes = typeof source === 'string' ? await openFile(source) : source
  const name = options.name ?? (typeof source === 'string' ? source : undefined)
  try {
    const format = options.format ?? (await detectFormat(bytes))
    await options.before?.(format)
    return await openAs(format, bytes, options)
  } catch (error) {
    await bytes.close()
    if (name === undefined || !(error instanceof SindriError) || error.message.startsWith(name)) throw error
    const { code, message, hint } = error
    throw new SindriError(code, `${name}: ${message}`, { ...(hint === undefined ? {} : { hint }), cause: error })
  }
}

async function openAs(format: DiskFormat, bytes: Bytes, { folder }: OpenOptions): Promise<Disk> {
  if (format === 'raw') return openRaw(bytes)
  if (format === 'vhd') return openVhd(bytes)
  if (format === 'qcow2') return openQcow2(bytes)
  if (format === 'vmdk') return openVmdk(bytes)
  if (folder === undefined) {
    throw new SindriError('usage', 'a tar.gz must be unpacked to be read, and no folder is given for that', {
      hint: 'unpack it and give the disk.raw in it: tar -xSzf',
    })
  }
  return openTarGz(bytes, folder)
}
