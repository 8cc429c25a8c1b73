import type { PartSink, StreamSink } from '../core/sink.ts'
import type { Bytes, Disk } from '../disk/disk.ts'
import { grown } from '../disk/grown.ts'
import { partsOf } from '../disk/joined.ts'
import { asQcow2 } from '../disk/write-qcow2.ts'
import { tarGzOf } from '../disk/write-tar-gz.ts'
import { asFixedVhd } from '../disk/write-vhd.ts'
import { vmdkOf } from '../disk/write-vmdk.ts'

/** What a stream is read in. */
const pieceBytes = 1 << 20
/** A tar.gz is for Google Cloud, which takes whole GiB. https://cloud.google.com/compute/docs/import/import-existing-image (2026-11) */
const tarGzBytes = 1 << 30

/** A disk in a format whose every part can be read by itself. Closing it closes the disk. */
export function bytesOf(disk: Disk, format: PartSink['format']): Bytes {
  if (format === 'vhd') return asFixedVhd(disk)
  if (format === 'qcow2') return asQcow2(disk)
  const { sizeBytes, extents, read, close } = disk
  return { sizeBytes, read, close, extents: async () => extents }
}

/** A disk in a format that is written from the beginning to the end, and its size where it is known before. */
export function streamOf(
  disk: Disk,
  format: StreamSink['format'],
): { readonly open: () => AsyncIterable<Uint8Array>; readonly sizeBytes: number | undefined } {
  if (format === 'tar.gz') return { open: () => tarGzOf(grown(disk, tarGzBytes)), sizeBytes: undefined }
  if (format === 'vmdk') return { open: () => vmdkOf(disk), sizeBytes: undefined }
  const bytes = bytesOf(disk, format)
  return { open: () => partsOf(bytes, pieceBytes), sizeBytes: bytes.sizeBytes }
}
