import { mkdir } from 'node:fs/promises'
import type { ReleaseConfig } from '../../config/release.ts'
import { isReleaseWord } from '../../config/sections/release.ts'
import { SindriError } from '../../core/error.ts'
import { digestOf } from '../../disk/digest.ts'
import type { Disk } from '../../disk/disk.ts'
import { openDisk } from '../../disk/open-disk.ts'
import { inspectDisk } from '../../filesystem/inspect/inspect-disk.ts'
import type { OperatingSystem } from '../../filesystem/inspect/os-release.ts'
import type { PublishedDisk } from '../../release/publication.ts'
import type { Context } from '../context.ts'
import { type DiskSource, openSource } from './disk-source.ts'

/** A disk, with what is on it that decides what is published. */
export interface Examined {
  readonly disk: Disk
  /** `debian12`, as the disk's own os-release has it. @throws SindriError `config` where it tells nothing */
  os(): string
  /** What the config says of it, else what the disk tells. Reads all of it, unless the file is one that was read before. */
  facts(): Promise<PublishedDisk>
}

/**
 * Opens a disk and looks at what is on it.
 * @throws SindriError `conflict` where its file is not the one that `release.disk_sha256` names
 */
export async function examine(file: string, release: ReleaseConfig, context: Context): Promise<Examined> {
  const { diskFormat: format, diskSha256: expected } = release
  await mkdir(context.cache, { recursive: true, mode: 0o700 })
  const source = await openSource(file, context)
  const { name } = source
  const disk = await openDisk(source.bytes, {
    ...{ folder: context.cache, name },
    ...(format !== undefined && { format }),
    async before(found) {
      // The digest of a raw disk is that of its file, and is needed anyway.
      if (expected === undefined || found === 'raw') return
      checkDigest(name, await source.digest('file', () => fileDigest(source, context)), expected)
    },
  })
  try {
    const found = await inspectDisk(disk)
    return {
      disk,
      os() {
        const os = osName(found.os.value)
        if (os === undefined || !isReleaseWord(os))
          throw untold(name, 'which system is on it', found.os.evidence, 'release.os: debian12')
        return os
      },
      async facts() {
        const architecture = release.architecture ?? found.architecture.value
        const firmware = release.firmware ?? found.firmware.value
        if (architecture === undefined)
          throw untold(name, 'which processors it runs on', found.architecture.evidence, 'release.architecture: x86_64')
        if (firmware === undefined)
          throw untold(name, 'how it boots', found.firmware.evidence, 'release.firmware: uefi')
        const digest = await source.digest(disk.format, () => diskDigest(source, disk, expected, context))
        if (expected !== undefined && disk.format === 'raw') checkDigest(name, digest, expected)
        return { digest, sizeBytes: disk.sizeBytes, architecture, firmware }
      },
    }
  } catch (error) {
    await disk.close()
    throw error
  }
}

function diskDigest(
  { name, remote }: DiskSource,
  disk: Disk,
  expected: string | undefined,
  { emit, signal }: Context,
): Promise<string> {
  emit({ type: 'note', message: `reading ${name} for its sha256 (once)` })
  if (remote && expected === undefined)
    emit({ type: 'note', message: `no disk_sha256 says what ${name} has to be: what its server sends is taken` })
  return digestOf(disk, (doneBytes, sizeBytes) => {
    signal.throwIfAborted()
    emit({ type: 'progress', id: name, phase: 'reading', fraction: doneBytes / sizeBytes })
  })
}

/** Of the file as it lies, whatever is in it. */
async function fileDigest({ name, bytes }: DiskSource, { emit }: Context): Promise<string> {
  emit({ type: 'note', message: `reading ${name} to compare it with disk_sha256 (once)` })
  return digestOf({ ...bytes, format: 'raw', extents: await bytes.extents() })
}

function checkDigest(name: string, digest: string, expected: string): void {
  if (digest === expected.toLowerCase()) return
  throw new SindriError('conflict', `${name} has the sha256 ${digest}, and disk_sha256 says ${expected}`, {
    hint: 'get the disk once more, or the checksum, from whoever made it; nothing was published',
  })
}

/** `debian12`, `ubuntu2204`. */
function osName(os: OperatingSystem | undefined): string | undefined {
  return os && `${os.id}${os.versionId ?? ''}`.replaceAll(/[^A-Za-z0-9]/g, '')
}

function untold(name: string, what: string, reason: string, setting: string): SindriError {
  return new SindriError('config', `${name} does not tell ${what}: ${reason}`, {
    hint: `say it in sindri.yaml, as in ${setting}`,
  })
}
