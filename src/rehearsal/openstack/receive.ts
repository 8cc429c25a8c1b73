import { createHash, randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { openStackError } from './openstack-error.ts'
import type { StoredFile } from './records.ts'

const blockBytes = 64 * 1024
const zeros = Buffer.alloc(blockBytes)
const headBytes = 512

/**
 * Writes what comes into a file of its own, with holes where there are zeros. A body that breaks off leaves no file.
 * @param path of a file by its name
 */
export async function receive(
  stream: AsyncIterable<Uint8Array>,
  length: number | undefined,
  path: (name: string) => Promise<string>,
): Promise<StoredFile & { readonly head: Buffer }> {
  const file = `${randomUUID()}.img`
  const place = await path(file)
  const handle = await open(place, 'wx', 0o600)
  const [md5, sha512] = [createHash('md5'), createHash('sha512')]
  let bytes = 0
  let head = Buffer.alloc(0)
  try {
    for await (const piece of stream) {
      md5.update(piece)
      sha512.update(piece)
      if (head.length < headBytes) head = Buffer.concat([head, piece]).subarray(0, headBytes)
      for (let at = 0; at < piece.length; at += blockBytes) {
        const block = piece.subarray(at, at + blockBytes)
        if (!zeros.subarray(0, block.length).equals(block)) await handle.write(block, 0, block.length, bytes + at)
      }
      bytes += piece.length
    }
    if (length !== undefined && bytes !== length) throw openStackError(400, 'The body ended before its length.')
    await handle.truncate(bytes)
    await handle.sync()
  } catch (error) {
    await handle.close()
    await rm(place, { force: true })
    throw error
  }
  await handle.close()
  return { file, bytes, md5: md5.digest('hex'), sha512: sha512.digest('hex'), virtualSize: null, head }
}

/**
 * Bytes of the disk that a file holds. Glance refuses what is not in the format that its image has, and a qcow2 that
 * leads to another file: https://security.openstack.org/ossa/OSSA-2024-001.html (2026-11).
 */
export function virtualSizeOf(format: string, head: Buffer, bytes: number): number {
  const found = formatOf(head)
  if (found !== format) throw openStackError(415, `Image content does not match disk_format: ${found} is not ${format}`)
  if (format === 'raw') return bytes
  if (format === 'vmdk') return Number(head.readBigUInt64LE(12)) * 512
  if (head.readBigUInt64BE(8) !== 0n) throw openStackError(415, 'Image has a backing file')
  return Number(head.readBigUInt64BE(24))
}

/** By the marks that qemu's and VMware's formats begin with. */
function formatOf(head: Buffer): string {
  if (head.subarray(0, 4).equals(Buffer.from('QFI\xfb', 'latin1'))) return 'qcow2'
  if (head.subarray(0, 4).equals(Buffer.from('KDMV', 'latin1'))) return 'vmdk'
  return 'raw'
}
