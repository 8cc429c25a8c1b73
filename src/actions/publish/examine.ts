import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ReleaseConfig } from '../../config/release.ts'
import { isReleaseWord } from '../../config/sections/release.ts'
import { SindriError } from '../../core/error.ts'
import { digestOf } from '../../disk/digest.ts'
import { digestOnce } from '../../disk/digest-sidecar.ts'
import type { Disk } from '../../disk/disk.ts'
import { openDisk } from '../../disk/open-disk.ts'
import { inspectDisk } from '../../filesystem/inspect/inspect-disk.ts'
import type { OperatingSystem } from '../../filesystem/inspect/os-release.ts'
import type { PublishedDisk } from '../../release/publication.ts'
import type { Context } from '../context.ts'

/** A disk, with what is on it that decides what is published. */
export interface Examined {
  readonly disk: Disk
  /** `debian12`, as the disk's own os-release has it. @throws SindriError `config` where it tells nothing */
  os(): string
  /** What the config says of it, else what the disk tells. Reads all of it, unless the file is one that was read before. */
  facts(): Promise<PublishedDisk>
}

/** Opens a disk and looks at what is on it. */
export async function examine(file: string, release: ReleaseConfig, context: Context): Promise<Examined> {
  const path = resolve(context.cwd, file)
  const format = release.diskFormat
  await mkdir(context.cache, { recursive: true, mode: 0o700 })
  const disk = await openDisk(path, { folder: context.cache, ...(format !== undefined && { format }) })
  try {
    const found = await inspectDisk(disk)
    return {
      disk,
      os() {
        const name = osName(found.os.value)
        if (name === undefined || !isReleaseWord(name))
          throw untold(file, 'which system is on it', found.os.evidence, 'release.os: debian12')
        return name
      },
      async facts() {
        const architecture = release.architecture ?? found.architecture.value
        const firmware = release.firmware ?? found.firmware.value
        if (architecture === undefined)
          throw untold(file, 'which processors it runs on', found.architecture.evidence, 'release.architecture: x86_64')
        if (firmware === undefined)
          throw untold(file, 'how it boots', found.firmware.evidence, 'release.firmware: uefi')
        return { digest: await digest(path, disk, context), sizeBytes: disk.sizeBytes, architecture, firmware }
      },
    }
  } catch (error) {
    await disk.close()
    throw error
  }
}

async function digest(path: string, disk: Disk, context: Context): Promise<string> {
  const folder = join(context.cache, 'digests')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const sidecar = join(folder, `${createHash('sha256').update(path).digest('hex')}.json`)
  return digestOnce(path, sidecar, () => {
    context.emit({ type: 'note', message: `reading ${path} for its sha256 (once)` })
    return digestOf(disk, (doneBytes, sizeBytes) => {
      context.signal.throwIfAborted()
      context.emit({ type: 'progress', id: path, phase: 'reading', fraction: doneBytes / sizeBytes })
    })
  })
}

/** `debian12`, `ubuntu2204`. */
function osName(os: OperatingSystem | undefined): string | undefined {
  return os && `${os.id}${os.versionId ?? ''}`.replaceAll(/[^A-Za-z0-9]/g, '')
}

function untold(path: string, what: string, reason: string, setting: string): SindriError {
  return new SindriError('config', `${path} does not tell ${what}: ${reason}`, {
    hint: `say it in sindri.yaml, as in ${setting}`,
  })
}
