import { execFileSync } from 'node:child_process'
import { rm, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDisk } from '../../src/disk/open-disk.ts'
import { able, folder, mib, partitionTable, put, rawDisk, run, tellsHoles } from './raw-disks.ts'

test.skipIf(able)('qemu-img and mke2fs are not here', (context) => context.skip())

const split = ['-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse'] as const

describe.runIf(able)('what is not read is refused, and the reason is named', () => {
  const refusals: readonly (readonly [what: string, file: string, said: RegExp, ...options: string[]])[] = [
    ['backing file', 'child.qcow2', /backing file/, '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', 'child.qcow2'],
    [
      'external data file',
      'ext.qcow2',
      /external data file/,
      '-f',
      'qcow2',
      '-o',
      'data_file=x.data',
      'ext.qcow2',
      '9M',
    ],
    ['sub-clusters', 'sub.qcow2', /extended L2/, '-f', 'qcow2', '-o', 'extended_l2=on', 'sub.qcow2', '9M'],
    [
      'encryption',
      'secret.qcow2',
      /encrypted/,
      ...['--object', 'secret,id=s,data=not-a-secret', '-f', 'qcow2'],
      ...['-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10', 'secret.qcow2', '9M'],
    ],
    ['flat VMDK', 'flat.vmdk', /monolithicFlat/, '-f', 'vmdk', '-o', 'subformat=monolithicFlat', 'flat.vmdk', '9M'],
    ['split VMDK', 'split.vmdk', /twoGbMaxExtentSparse/, ...split, 'split.vmdk', '9M'],
    ['a piece of it', 'split-s001.vmdk', /one piece of several/, ...split, 'split.vmdk', '9M'],
    ['VHDX', 'x.vhdx', /VHDX/, '-f', 'vhdx', 'x.vhdx', '9M'],
    ['VDI', 'x.vdi', /VDI/, '-f', 'vdi', 'x.vdi', '9M'],
  ]

  test.each(refusals.map(([what, file, said, ...words]) => ({ what, file, said, words })))(
    '$what',
    async ({ file, said, words }) => {
      run('qemu-img', 'create', '-q', '-f', 'qcow2', 'base.qcow2', '9M')
      run('qemu-img', 'create', '-q', ...words)
      const opened = openDisk(join(folder, file))
      await expect(opened).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(said) })
      await expect(opened).rejects.toMatchObject({ message: expect.stringContaining(file), hint: expect.any(String) })
    },
  )

  test.each([
    ['gzip', 'raw.gz', /gzip -dk/],
    ['xz', 'raw.xz', /xz -dk/],
    ['bzip2', 'raw.bz2', /bzip2 -dk/],
  ])('a disk packed by %s', async (command, file, hint) => {
    const path = join(folder, file)
    await writeFile(path, execFileSync(command, ['-c', await rawDisk('odd')], { maxBuffer: 1 << 28 }))
    await expect(openDisk(path)).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringMatching(hint) })
  })

  test.each([
    ['another member', 'other.raw', 'gnu', /"other.raw"/],
    ['the POSIX format', 'disk.raw', 'posix', /POSIX/],
  ])('a tar file with %s', async (_, member, format, said) => {
    const raw = await rawDisk('odd')
    const words = [`--format=${format}`, `--transform=s,.*,${member},`, '-Sczf', join(folder, 'other.tar.gz')]
    run('tar', ...words, '-C', folder, basename(raw))
    const opened = openDisk(join(folder, 'other.tar.gz'), { folder })
    await expect(opened).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(said) })
  })
})

describe.runIf(able)('a disk of 1 TiB that is nearly empty', () => {
  const tib = 2 ** 40

  async function huge(): Promise<string> {
    const path = join(folder, 'huge.raw')
    await writeFile(path, '')
    await truncate(path, tib)
    await put(path, 5 * 2 ** 30 + 300, Buffer.from('middle'))
    await put(path, tib - 3, Buffer.from('end'))
    await partitionTable(path)
    return path
  }

  /** Runs a program in a Node of its own; it gets `openDisk` and more, and what it says comes with its peak memory. */
  function alone(body: string): { peakMiB: number; said: unknown } {
    const source = `
      import { createWriteStream } from 'node:fs'
      import { pipeline } from 'node:stream/promises'
      import { openDisk } from '${rooms}/open-disk.ts'
      import { partsOf } from '${rooms}/joined.ts'
      import { asQcow2 } from '${rooms}/write-qcow2.ts'
      import { tarGzOf } from '${rooms}/write-tar-gz.ts'
      import { vmdkOf } from '${rooms}/write-vmdk.ts'
      const said = await (async () => { ${body} })()
      console.log(JSON.stringify({ peakMiB: process.resourceUsage().maxRSS / 1024, said }))`
    return JSON.parse(run(process.execPath, '--input-type=module', '-e', source))
  }
  const rooms = join(import.meta.dirname, '../../src/disk')

  test.for([
    ['raw', []],
    ['qcow2', ['-O', 'qcow2']],
    ['dynamic VHD', ['-O', 'vpc', '-o', 'subformat=dynamic,force_size']],
    ['sparse VMDK', ['-O', 'vmdk', '-o', 'subformat=monolithicSparse']],
    ['streamOptimized VMDK', ['-O', 'vmdk', '-o', 'subformat=streamOptimized']],
  ] as const)('%s opens in little memory, and both ends are read', async ([kind, options], { skip }) => {
    const raw = await huge()
    if (!tellsHoles(raw)) skip('this file system does not tell where holes are')
    const path = kind === 'raw' ? raw : join(folder, 'huge.judged')
    if (kind !== 'raw') run('qemu-img', 'convert', '-f', 'raw', ...options, raw, path)
    const { peakMiB, said } = alone(`
      const disk = await openDisk('${path}')
      const [middle, end] = [Buffer.alloc(6), Buffer.alloc(3)]
      await disk.read(${5 * 2 ** 30 + 300}, middle)
      await disk.read(${tib - 3}, end)
      const data = disk.extents.reduce((sum, { length }) => sum + length, 0)
      return [disk.sizeBytes, String(middle), String(end), data < 8 << 20]`)
    expect(said).toEqual([tib, 'middle', 'end', true])
    expect(peakMiB).toBeLessThan(250)
    if (kind !== 'raw') await rm(path)
  })

  test.for([
    ['qcow2', 'partsOf(asQcow2(disk), 1 << 20)'],
    ['vmdk', 'vmdkOf(disk)'],
    ['tar.gz', 'tarGzOf(disk)'],
  ] as const)('is written as %s in little memory', async ([format, writer], { skip }) => {
    const raw = await huge()
    if (!tellsHoles(raw)) skip('this file system does not tell where holes are')
    const path = join(folder, `huge.${format}`)
    const { peakMiB } = alone(`
      const disk = await openDisk('${raw}')
      await pipeline(${writer}, createWriteStream('${path}'))`)
    expect(peakMiB).toBeLessThan(250)
    expect((await stat(path)).size).toBeLessThan(8 * mib)
    if (format === 'tar.gz') {
      run('tar', '-xSzf', path, '-C', folder)
      run('qemu-img', 'compare', '-s', '-f', 'raw', '-F', 'raw', raw, join(folder, 'disk.raw'))
    } else run('qemu-img', 'compare', '-f', 'raw', '-F', format, raw, path)
  })
})
