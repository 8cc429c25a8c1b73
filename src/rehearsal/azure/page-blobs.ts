import { hash } from 'node:crypto'
import { open, truncate, writeFile } from 'node:fs/promises'
import { azureError } from './azure-error.ts'
import type { World } from './call.ts'
import { notePages, type PageRange, pageListOf, pagesIn } from './page-list.ts'
import type { BlobRecord } from './records.ts'

const pageBytes = 512
/** https://learn.microsoft.com/rest/api/storageservices/put-page#remarks (2026-11) */
const mostBytes = 4 * 1024 * 1024
/** https://learn.microsoft.com/azure/storage/blobs/scalability-targets (2026-11) */
const largestBytes = 8 * 1024 ** 4

/** The key of a blob in its table. */
export function blobKey(account: string, container: string, name: string): string {
  return `${account}/${container}/${name}`
}

/** Makes an empty page blob, in place of one that is there. */
export async function makePageBlob(
  world: World,
  blob: Pick<BlobRecord, 'account' | 'container' | 'name' | 'sizeBytes' | 'metadata'>,
  now: number,
): Promise<BlobRecord> {
  const { sizeBytes } = blob
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes % pageBytes !== 0 || sizeBytes > largestBytes)
    throw azureError(
      400,
      'InvalidHeaderValue',
      'The value for one of the HTTP headers is not in the correct format: x-ms-blob-content-length.',
    )
  const file = await world.disks.blank(0)
  await truncate(await world.disks.path(file), sizeBytes)
  return put(world, { ...blob, file, createdAt: now, changedAt: now })
}

/** Makes a block blob of these bytes, in place of one that is there. */
export async function makeBlockBlob(
  world: World,
  blob: Pick<BlobRecord, 'account' | 'container' | 'name' | 'metadata'>,
  bytes: Buffer,
  now: number,
): Promise<BlobRecord> {
  const file = await world.disks.blank(0)
  await writeFile(await world.disks.path(file), bytes)
  return put(world, { ...blob, block: true, sizeBytes: bytes.length, file, createdAt: now, changedAt: now })
}

async function put(world: World, made: BlobRecord): Promise<BlobRecord> {
  const key = blobKey(made.account, made.container, made.name)
  const before = world.records.blobs[key]
  world.records.blobs[key] = made
  world.save()
  if (before !== undefined) await removeFiles(world, before)
  return made
}

/** The range of a header, `bytes=0-511`; undefined without one. */
export function rangeIn(header: string | undefined): PageRange | undefined {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? []
  return start === undefined ? undefined : { offset: Number(start), length: Number(end) - Number(start) + 1 }
}

/** Stores pages, if they are those that were summed up. */
export async function putPages(
  world: World,
  blob: BlobRecord,
  range: PageRange | undefined,
  bytes: Buffer,
  md5: string | undefined,
): Promise<void> {
  const { offset, length } = range ?? { offset: -1, length: 0 }
  if (offset % pageBytes !== 0 || length % pageBytes !== 0 || offset < 0 || offset + length > blob.sizeBytes)
    throw azureError(416, 'InvalidPageRange', 'The page range specified is invalid.')
  if (length !== bytes.length)
    throw azureError(400, 'InvalidHeaderValue', 'The value for one of the HTTP headers is not in the correct format.')
  if (length > mostBytes)
    throw azureError(
      413,
      'RequestBodyTooLarge',
      'The request body is too large and exceeds the maximum permissible limit.',
    )
  if (md5 !== undefined && md5 !== hash('md5', bytes, 'base64'))
    throw azureError(
      400,
      'Md5Mismatch',
      'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
    )
  const path = await world.disks.path(blob.file)
  const file = await open(path, 'r+')
  try {
    await file.write(bytes, 0, length, offset)
  } finally {
    await file.close()
  }
  notePages(pageListOf(path), { offset, length })
}

/** What was stored in a blob. */
export async function pagesOf(world: World, { file }: BlobRecord): Promise<readonly PageRange[]> {
  return pagesIn(pageListOf(await world.disks.path(file)))
}

/** Bytes of a blob. */
export async function readPages(world: World, { file }: BlobRecord, { offset, length }: PageRange): Promise<Buffer> {
  const opened = await open(await world.disks.path(file), 'r')
  try {
    const bytes = Buffer.alloc(length)
    await opened.read(bytes, 0, length, offset)
    return bytes
  } finally {
    await opened.close()
  }
}

/** Removes a blob with its bytes. */
export async function removeBlob(world: World, blob: BlobRecord): Promise<void> {
  delete world.records.blobs[blobKey(blob.account, blob.container, blob.name)]
  world.save()
  await removeFiles(world, blob)
}

/** Removes all that an account holds. */
export async function removeBlobsOf(world: World, account: string): Promise<void> {
  for (const blob of Object.values(world.records.blobs)) if (blob.account === account) await removeBlob(world, blob)
  for (const key of Object.keys(world.records.containers))
    if (key.startsWith(`${account}/`)) delete world.records.containers[key]
}

async function removeFiles(world: World, { file }: BlobRecord): Promise<void> {
  await world.disks.remove(file)
  await world.disks.remove(pageListOf(file))
}

const footerBytes = 512
const mib = 1024 * 1024
const copiedBytes = 4 * mib

/**
 * A disk file with what a fixed VHD in a blob says, without its footer. Refuses what Azure refuses:
 * https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-generic and Microsoft, "Virtual Hard Disk Image
 * Format Specification" 1.0, page 6 (2026-11).
 */
export async function diskOfVhd(world: World, blob: BlobRecord): Promise<string> {
  const sizeBytes = blob.sizeBytes - footerBytes
  const refused = (why: string): Error => azureError(400, 'InvalidParameter', `The specified VHD ${blob.name} ${why}.`)
  if (sizeBytes <= 0) throw refused('has no footer')
  const footer = await readPages(world, blob, { offset: sizeBytes, length: footerBytes })
  const sum = footer.reduce((total, byte, index) => (index >= 64 && index < 68 ? total : total + byte), 0)
  if (footer.toString('latin1', 0, 8) !== 'conectix') throw refused('has no footer')
  if (footer.readUInt32BE(64) !== ~sum >>> 0) throw refused('has a footer with a wrong checksum')
  if (footer.readUInt32BE(60) !== 2) throw refused('is not of fixed size')
  if (footer.readBigUInt64BE(48) !== BigInt(sizeBytes)) throw refused('has another size than its footer says')
  if (sizeBytes % mib !== 0)
    throw refused(`has an unsupported virtual size of ${sizeBytes} bytes, which is no whole MiB`)
  const made = await world.disks.blank(0)
  const target = await open(await world.disks.path(made), 'r+')
  try {
    await target.truncate(sizeBytes)
    for (const { offset, length } of await pagesOf(world, blob)) {
      const end = Math.min(offset + length, sizeBytes)
      for (let from = offset; from < end; from += copiedBytes) {
        const piece = await readPages(world, blob, { offset: from, length: Math.min(copiedBytes, end - from) })
        await target.write(piece, 0, piece.length, from)
      }
    }
  } finally {
    await target.close()
  }
  return made
}
