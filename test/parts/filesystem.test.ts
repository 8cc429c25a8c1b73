import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open as openFile, rm, truncate, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Disk } from '../../src/disk/disk.ts'
import { fileTree } from '../../src/filesystem/file-tree.ts'
import { inspectDisk } from '../../src/filesystem/inspect/inspect-disk.ts'
import { openLayout } from '../../src/filesystem/inspect/layout.ts'
import { localDirectory } from '../../src/filesystem/local-directory.ts'
import { openVolume } from '../../src/filesystem/open-volume.ts'
import { partitions } from '../../src/filesystem/partitions.ts'
import { regionOf } from '../../src/filesystem/region.ts'
import { bases, makeBase } from '../../src/rehearsal/instances/bases.ts'
import { fileDisk } from './file-disk.ts'
import { attributesByGetfattr, attributesByUs, listingByFind, listingByUs } from './tree-listing.ts'

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri')
const programs = [
  'mke2fs',
  'debugfs',
  'e2fsck',
  'mkfs.vfat',
  'mcopy',
  'sfdisk',
  'getfattr',
  'mkfs.xfs',
  'mkfs.btrfs',
  'mkswap',
]
const places = `${process.env.PATH}:/usr/sbin:/sbin`
const missing = programs.filter((program) => !places.split(':').some((place) => existsSync(join(place, program))))
const problem =
  process.getuid?.() !== 0 ? 'you are not root' : missing.length > 0 ? `no ${missing.join(', ')}` : undefined
const unable = problem !== undefined && process.env.CI !== 'true'
test.runIf(unable)(`nothing makes file systems here: ${problem}`, (context) => context.skip())

let folder: string
let tree: string

beforeAll(async () => {
  if (unable) return
  folder = await mkdtemp(join(tmpdir(), 'sindri-filesystem-'))
  tree = join(folder, 'tree')
  await mkdir(tree)
  execFileSync('sh', [join(import.meta.dirname, 'filesystem-tree.sh'), tree])
})

afterAll(async () => {
  if (!unable) await rm(folder, { recursive: true, force: true })
})

function run(program: string, args: readonly string[], input?: string): string {
  const env = { ...process.env, PATH: places, LC_ALL: 'C.UTF-8' }
  return execFileSync(program, args, {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'pipe'],
    input,
  })
}

async function emptyDisk(name: string, sizeBytes: number): Promise<string> {
  const path = join(folder, name)
  await rm(path, { force: true })
  await writeFile(path, '')
  await truncate(path, sizeBytes)
  return path
}

async function diskAt(path: string): Promise<Disk> {
  const disk = await fileDisk(path)
  onTestFinished(() => disk.close())
  return disk
}

async function open(path: string) {
  const content = await openVolume(regionOf(await diskAt(path), 'the disk'))
  if (content?.volume === undefined) throw new Error(content?.unreadable ?? 'nothing known')
  return fileTree(content.volume)
}

const features: readonly (readonly [string, string])[] = [
  ['ext4', ''],
  ['ext4', '-b 1024'],
  ['ext4', '-b 65536'],
  ['ext4', '-b 4096 -I 128 -O ^metadata_csum'],
  ['ext4', '-b 2048 -O ^64bit,^metadata_csum,uninit_bg'],
  ['ext4', '-b 1024 -O ^extent,^64bit,^flex_bg'],
  ['ext4', '-b 1024 -O meta_bg,^resize_inode'],
  ['ext4', '-O bigalloc -C 16384'],
  ['ext4', '-O sparse_super2,metadata_csum_seed,large_dir,quota,project'],
  ['ext4', '-O encrypt,casefold,verity,ea_inode'],
  ['ext4', '-I 512 -O inline_data'],
  ['ext4', '-I 256 -b 1024 -O inline_data'],
  ['ext3', ''],
  ['ext2', '-b 1024'],
  ['ext2', '-b 4096 -r 0 -O none'],
]

describe.skipIf(unable).each(features)('%s %s', (type, options) => {
  test('has what find and getfattr saw going in', async () => {
    const path = await emptyDisk('ext.raw', 400 * 2 ** 20)
    // mke2fs 1.47.0 cuts files with holes short when it may put data into inodes; revision 0 has no attributes.
    const source = options.includes('inline_data') ? await withoutHoles() : tree
    run('mke2fs', ['-q', '-F', '-t', type, ...options.split(' ').filter((word) => word !== ''), '-d', source, path])
    const wanted = await listingByFind(source)
    expect(await listingByUs(await open(path))).toEqual(wanted)
    expect(await attributesByUs(await open(path))).toEqual(options.includes('-r 0') ? {} : attributesByGetfattr(source))
    // Directories get an index, and whatever else fsck likes better.
    run('sh', ['-c', `e2fsck -fyD ${path} || test $? = 1`])
    run('e2fsck', ['-fn', path])
    expect(await listingByUs(await open(path))).toEqual(wanted)
  })
})

async function withoutHoles(): Promise<string> {
  const copy = join(folder, 'without-holes')
  await rm(copy, { recursive: true, force: true })
  run('cp', ['-a', tree, copy])
  await rm(join(copy, 'sparse'), { recursive: true })
  return copy
}

/** Linux itself, with all it can mount, is the judge; it may have come without XFS. */
const mountsXfs =
  !unable && (process.env.CI === 'true' || readFileSync('/proc/filesystems', 'utf8').includes('\txfs\n'))

describe
  .skipIf(!mountsXfs)
  .each(['-b size=4096', '-b size=1024', '-n size=16384 -i nrext64=1', '-m bigtime=0,reflink=0 -i size=1024'])(
  'xfs %s',
  (options) => {
    test('has what Linux shows of it', async () => {
      const path = await emptyDisk('xfs.raw', 700 * 2 ** 20)
      run('mkfs.xfs', ['-q', ...options.split(' '), path])
      const mounted = join(folder, 'mounted')
      await mkdir(mounted, { recursive: true })
      run('mount', ['-o', 'loop', path, mounted])
      const [judged, judgedAttributes] = await (async () => {
        try {
          run('cp', ['-a', `${tree}/.`, mounted])
          run('setfattr', ['-n', 'user.far', '-v', 'z'.repeat(30_000), join(mounted, 'small')])
          // Many pieces, and many names that are gone.
          const pieces = await openFile(join(mounted, 'pieces'), 'w')
          for (let block = 0; block < 900; block++) await pieces.write(`${block}`, block * 3 * 4096)
          await pieces.close()
          run('find', [join(mounted, 'many'), '-name', '*7*', '-delete'])
          return [await listingByFind(mounted), attributesByGetfattr(mounted)] as const
        } finally {
          run('umount', [mounted])
        }
      })()
      const files = await open(path)
      expect(await listingByUs(files)).toEqual(judged)
      // Linux shows root an ACL twice: as everywhere, and as XFS keeps it.
      const small = judgedAttributes['/small']?.replace(/trusted\.SGI_ACL_FILE=\w* /, '')
      expect(await attributesByUs(files)).toEqual({ ...judgedAttributes, '/small': small })
    })
  },
)

test.skipIf(unable)('reads a value of an attribute that has an inode of its own', async () => {
  const path = await emptyDisk('ext.raw', 64 * 2 ** 20)
  const value = join(folder, 'value')
  // More does debugfs not read, and more than fits into a block with its own head it is.
  await writeFile(value, 'z'.repeat(1024))
  run('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '1024', '-O', 'ea_inode', path])
  run('debugfs', ['-w', '-R', `write ${value} file`, path])
  run('debugfs', ['-w', '-R', `ea_set -f ${value} /file user.large`, path])
  const file = await (await open(path)).find('/file')
  expect((await file?.attributes())?.get('user.large')?.toString()).toBe('z'.repeat(1024))
})

test.skipIf(unable)('a local directory is a tree like any other', async () => {
  expect(await listingByUs(fileTree(localDirectory(tree)))).toEqual(await listingByFind(tree))
})

describe.skipIf(unable).each(['-F 12 -s 4', '-F 16 -s 2', '-F 32 -s 1', '-F 32 -s 8 -S 4096'])(
  'mkfs.vfat %s',
  (options) => {
    test('has what mcopy put in', async () => {
      const size = options.includes('-F 12') ? 4 : options.includes('4096') ? 2400 : 60
      const path = await emptyDisk('fat.raw', size * 2 ** 20)
      const source = join(folder, 'fat-tree')
      await rm(source, { recursive: true, force: true })
      await mkdir(join(source, 'EFI/BOOT'), { recursive: true })
      await mkdir(join(source, 'many'))
      await writeFile(join(source, 'EFI/BOOT/BOOTX64.EFI'), 'MZ'.repeat(100_000))
      await writeFile(join(source, 'A name longer than eight – with ünïcödé~.text'), 'long')
      await writeFile(join(source, 'SHORT.TXT'), '')
      await writeFile(join(source, 'lower.txt'), 'x')
      for (let number = 0; number < 400; number++)
        await writeFile(join(source, `many/number ${number} of them`), `${number}`)
      run('mkfs.vfat', [...options.split(' '), path])
      const mtools = (...args: string[]) => run(args[0] ?? '', ['-i', path, ...args.slice(1)])
      mtools('mcopy', '-s', join(source, 'EFI'), join(source, 'many'), '::/')
      mtools('mcopy', join(source, 'A name longer than eight – with ünïcödé~.text'), join(source, 'SHORT.TXT'), '::/')
      // A file in pieces: every second one before it is deleted.
      for (let number = 0; number < 60; number += 2) {
        mtools('mdel', `::/many/number ${number} of them`)
        await rm(join(source, `many/number ${number} of them`))
      }
      mtools('mcopy', join(source, 'EFI/BOOT/BOOTX64.EFI'), '::/again.efi')
      await writeFile(join(source, 'again.efi'), 'MZ'.repeat(100_000))
      mtools('mcopy', join(source, 'lower.txt'), '::/')
      const fat = await open(path)
      expect(await listingByUs(fat, false)).toEqual(await listingByFind(source, false))
      expect((await fat.find('/efi/boot/bootx64.efi'))?.sizeBytes).toBe(200_000)
      const [, free] = /([\d ]+) bytes free/.exec(mtools('mdir', '::/')) ?? []
      const { sizeBytes, usedBytes } = fat.volume
      expect(sizeBytes - (usedBytes ?? 0)).toBe(Number(free?.replaceAll(' ', '')))
    })
  },
)

test.skipIf(unable).each([
  ['btrfs', 'mkfs.btrfs', []],
  ['swap space', 'mkswap', []],
  ['journal_dev', 'mke2fs', ['-q', '-F', '-O', 'journal_dev', '-b', '4096']],
] as const)('%s is told as what cannot be read', async (name, program, options) => {
  const path = await emptyDisk('other.raw', 400 * 2 ** 20)
  run(program, [...options, path])
  await expect(open(path)).rejects.toThrow(new RegExp(`^cannot be read: .*${name}`))
})

describe.skipIf(unable)('partitions', () => {
  const scripts = {
    gpt: `label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name=bios
size=4096, type=U, name="the ESP"
size=20480, type=L, name="Größe"
`,
    dos: `label: dos
size=4096, type=83, bootable
size=8192, type=82
size=81920, type=5
size=4096, type=8e
size=4096, type=83
size=4096, type=fd
size=4096, type=83
`,
  }
  test.each(Object.entries(scripts))('%s are those that sfdisk made', async (label, script) => {
    const path = await emptyDisk('partitions.raw', 64 * 2 ** 20)
    run('sfdisk', ['--quiet', path], script)
    const told = JSON.parse(run('sfdisk', ['--json', path])).partitiontable.partitions as {
      node: string
      start: number
      size: number
      type: string
      name?: string
      uuid?: string
    }[]
    const found = await partitions(await diskAt(path))
    expect(found.findings).toEqual([])
    const extended = (type: string) => type === '5'
    expect(
      found.partitions.map(({ number, offset, sizeBytes, name, type, id }) => ({
        number,
        offset,
        sizeBytes,
        name,
        type,
        id,
      })),
    ).toEqual(
      told
        .filter(({ type }) => !extended(type))
        .map(({ node, start, size, type, name, uuid }) => ({
          number: Number(node.slice(path.length)),
          offset: start * 512,
          sizeBytes: size * 512,
          name: name ?? '',
          type: label === 'gpt' ? type : `0x${type.padStart(2, '0')}`,
          id: uuid,
        })),
    )
  })
})

describe('the Debian 12 that instances are rehearsed with', async () => {
  const [debian] = await bases(cache)
  test.skipIf(unable || (debian?.offered !== true && process.env.CI !== 'true'))(
    'has the files that debugfs reads from it',
    async () => {
      const base = await makeBase('debian-12', { cache })
      const disk = await diskAt(base.disk)
      const report = await inspectDisk(disk)
      expect(report).toMatchObject({
        scheme: 'gpt',
        architecture: { value: 'x86_64' },
        firmware: { value: 'both' },
        os: { value: { id: 'debian', versionId: '12' } },
        rootFileSystem: { value: 'ext4', evidence: 'partition 3' },
        findings: [],
      })
      expect(report.kernels.value?.[0]?.drivers).toMatchObject({ ena: 'module', nvme: 'builtin', hv_netvsc: 'module' })
      const { parts } = await openLayout(disk)
      const root = parts.find(({ name }) => name === 'partition 3')
      if (root?.files === undefined) throw new Error('no root')
      const dump = join(folder, 'dump')
      await mkdir(dump)
      run('debugfs', ['-R', `rdump / ${dump}`, `${base.disk}?offset=${root.partition?.offset}`])
      await rm(join(dump, 'lost+found'), { recursive: true, force: true })
      // debugfs leaves devices out, and the bits for setuid, setgid and sticky.
      const ours = Object.fromEntries(
        Object.entries(await listingByUs(root.files))
          .filter(([, line]) => !line.startsWith('c '))
          .map(([path, line]) => [path, line.replace(/^([fd]) [1-7](?=\d{3} )/, '$1 ')]),
      )
      const judged = await listingByFind(dump)
      expect(Object.keys(judged).length).toBeGreaterThan(10_000)
      expect(ours).toEqual(judged)
    },
  )
})
