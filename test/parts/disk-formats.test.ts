import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/disk/digest.ts'
import type { Disk, DiskFormat } from '../../src/disk/disk.ts'
import { openFile } from '../../src/disk/file-bytes.ts'
import { partsOf } from '../../src/disk/joined.ts'
import { openDisk } from '../../src/disk/open-disk.ts'
import { bytesIn } from '../../src/disk/runs.ts'
import { asQcow2 } from '../../src/disk/write-qcow2.ts'
import { tarGzOf } from '../../src/disk/write-tar-gz.ts'
import { asFixedVhd } from '../../src/disk/write-vhd.ts'
import { vmdkOf } from '../../src/disk/write-vmdk.ts'
import { able, folder, mib, names, rawDisk, run, seen, sha256, tellsHoles } from './raw-disks.ts'

test.skipIf(able)('qemu-img and mke2fs are not here', (context) => context.skip())

test.runIf(able)('the holes of a file are not read', async ({ skip }) => {
  const raw = await rawDisk('real')
  if (!tellsHoles(raw)) skip('this file system does not tell where they are')
  const bytes = await openFile(raw)
  const data = bytesIn(await bytes.extents())
  await bytes.close()
  const { size, blocks } = await stat(raw)
  expect(data).toBeLessThan(size / 2)
  // The file system's own blocks for the map count, too.
  expect(Math.abs(data - blocks * 512)).toBeLessThan(65_536)
  const disk = await openDisk(raw)
  expect(await digestOf(disk)).toBe(await sha256(raw))
  await disk.close()
})

describe.runIf(able)('what qemu-img wrote is read', () => {
  const kinds: readonly (readonly [name: string, format: DiskFormat, ...options: string[]])[] = [
    ['qcow2 of version 2', 'qcow2', '-O', 'qcow2', '-o', 'compat=0.10'],
    ['qcow2 of version 3', 'qcow2', '-O', 'qcow2'],
    ['qcow2 with clusters of 512 bytes', 'qcow2', '-O', 'qcow2', '-o', 'cluster_size=512'],
    ['qcow2 with clusters of 2 MiB', 'qcow2', '-O', 'qcow2', '-o', 'cluster_size=2M'],
    ['qcow2 laid out before', 'qcow2', '-O', 'qcow2', '-o', 'preallocation=metadata'],
    ['qcow2 without zeros left out', 'qcow2', '-O', 'qcow2', '-S', '0'],
    ['qcow2 compressed with zlib', 'qcow2', '-O', 'qcow2', '-c'],
    ['qcow2 compressed in clusters of 4 KiB', 'qcow2', '-O', 'qcow2', '-c', '-o', 'cluster_size=4k'],
    ['qcow2 compressed with zstd', 'qcow2', '-O', 'qcow2', '-c', '-o', 'compression_type=zstd'],
    ['fixed VHD', 'vhd', '-O', 'vpc', '-o', 'subformat=fixed,force_size'],
    ['dynamic VHD', 'vhd', '-O', 'vpc', '-o', 'subformat=dynamic,force_size'],
    ['sparse VMDK', 'vmdk', '-O', 'vmdk', '-o', 'subformat=monolithicSparse'],
    ['VMDK with grains of zeros', 'vmdk', '-O', 'vmdk', '-o', 'zeroed_grain=on', '-S', '0'],
    ['streamOptimized VMDK', 'vmdk', '-O', 'vmdk', '-o', 'subformat=streamOptimized'],
  ]

  test.each(names.flatMap((name) => kinds.map(([kind, format, ...options]) => ({ name, kind, format, options }))))(
    '$kind: $name',
    async ({ name, kind, format, options }) => {
      const raw = await rawDisk(name)
      const path = join(folder, `${name}-${kind}`.replaceAll(' ', '-'))
      run('qemu-img', 'convert', '-f', 'raw', ...options, raw, path)
      const own = await seen(path)
      expect(own.format).toBe(format)
      // qemu-img is the judge of the size, too: some formats count in larger units than sectors.
      run('qemu-img', 'convert', '-f', options[1] ?? '', '-O', 'raw', path, `${path}.raw`)
      expect(own.digest).toBe(await sha256(`${path}.raw`))
      await rm(path)
      await rm(`${path}.raw`)
    },
  )
})

describe.runIf(able)('what is written, others read', () => {
  /** Writes a disk down anew, and gives the path and the disk's own. */
  async function written(
    name: string,
    kind: string,
    write: (disk: Disk) => AsyncIterable<Uint8Array>,
  ): Promise<{ raw: string; path: string }> {
    const raw = await rawDisk(name)
    const path = join(folder, `${name}.${kind}`.replaceAll(' ', '-'))
    const disk = await openDisk(raw, { format: 'raw' })
    await pipeline(write(disk), createWriteStream(path))
    await disk.close()
    return { raw, path }
  }

  test.each(names)('fixed VHD: %s', async (name) => {
    const { raw, path } = await written(name, 'vhd', (disk) => partsOf(asFixedVhd(disk), mib))
    const size = (await stat(path)).size
    expect((size - 512) % mib).toBe(0)
    const info = JSON.parse(run('qemu-img', 'info', '-f', 'vpc', '--output=json', path))
    expect(info['virtual-size']).toBe(size - 512)
    // Without -s, qemu-img lets zeros after the end of the shorter one pass.
    run('qemu-img', 'compare', '-f', 'raw', '-F', 'vpc', raw, path)
    expect((await seen(path)).format).toBe('vhd')
  })

  test('the footer of a fixed VHD is the one that qemu-img writes for Azure', async () => {
    const { raw, path } = await written('real', 'vhd', (disk) => partsOf(asFixedVhd(disk), mib))
    const judged = join(folder, 'judged.vhd')
    run('qemu-img', 'convert', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed,force_size', raw, judged)
    const [own, other] = await Promise.all([path, judged].map(footerOf))
    expect(own).toEqual(other)
  })

  /** Without the time, the checksum and the id. */
  async function footerOf(path: string): Promise<Buffer> {
    const footer = (await readFile(path)).subarray(-512)
    return Buffer.from(footer).fill(0, 24, 28).fill(0, 64, 84)
  }

  test.each(names)('qcow2: %s', async (name) => {
    const { raw, path } = await written(name, 'qcow2', (disk) => partsOf(asQcow2(disk), 333_333))
    run('qemu-img', 'check', '-f', 'qcow2', path)
    run('qemu-img', 'compare', '-f', 'raw', '-F', 'qcow2', raw, path)
    expect(JSON.parse(run('qemu-img', 'info', '--output=json', path))['virtual-size']).toBe((await stat(raw)).size)
    expect((await seen(path)).digest).toBe(await sha256(raw))
  })

  test.each(names)('streamOptimized VMDK: %s', async (name) => {
    const { raw, path } = await written(name, 'vmdk', (disk) => vmdkOf(disk))
    run('qemu-img', 'check', '-f', 'vmdk', path)
    run('qemu-img', 'compare', '-f', 'raw', '-F', 'vmdk', raw, path)
    const info = JSON.parse(run('qemu-img', 'info', '--output=json', path))
    expect(info['format-specific'].data['create-type']).toBe('streamOptimized')
    expect((await seen(path)).sizeBytes).toBe(info['virtual-size'])
  })

  test.each(names)('tar.gz for Google Cloud: %s', async (name) => {
    const { raw, path } = await written(name, 'tar.gz', (disk) => tarGzOf(disk))
    const out = await mkdtemp(join(folder, 'out-'))
    run('tar', '-xSzf', path, '-C', out)
    run('cmp', raw, join(out, 'disk.raw'))
    const [unpacked, before] = [await stat(join(out, 'disk.raw')), await stat(raw)]
    if (tellsHoles(raw)) expect(unpacked.blocks * 512).toBeLessThan(before.blocks * 512 + 65_536)
    run('gzip', '-t', path)
    expect((await seen(path)).digest).toBe(await sha256(raw))
    await rm(out, { recursive: true })
  })
})

describe.runIf(able)('what GNU tar wrote is read', () => {
  const ways = [
    ['oldgnu', '-S'],
    ['gnu', '-S'],
    ['gnu', '--no-xattrs'],
    ['ustar', '--no-xattrs'],
  ] as const
  test.each(names.flatMap((name) => ways.map(([format, sparse]) => ({ name, format, sparse }))))(
    '$format $sparse: $name',
    async ({ name, format, sparse }) => {
      const raw = await rawDisk(name)
      const path = join(folder, 'judged.tar.gz')
      const rename = `--transform=s,.*,disk.raw,`
      run('tar', `--format=${format}`, sparse, rename, '-czf', path, '-C', folder, basename(raw))
      expect(await seen(path)).toEqual({
        format: 'tar.gz',
        sizeBytes: (await stat(raw)).size,
        digest: await sha256(raw),
      })
    },
  )
})
