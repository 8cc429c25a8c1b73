import { describe, expect, test } from 'vitest'
import { filesOf, fixture } from './disk-images.fixture.ts'

const numbers = Array.from({ length: 80 }, (_, index) => `${String(index + 1).padStart(499, '0')}\n`).join('')

describe.each(['ext4', 'ext4-inline', 'ext2', 'xfs'] as const)('%s', (name) => {
  const files = filesOf(fixture(name))

  test('gives files with owners, permissions, sizes and times', async () => {
    const { volume, find, read } = await files
    expect(volume).toMatchObject({ label: 'fixture', uuid: '01234567-89ab-cdef-0123-456789abcdef' })
    expect(await find('/numbers')).toMatchObject({ kind: 'file', mode: 0o644, uid: 70_000, gid: 80_000, links: 1 })
    expect((await find('/numbers'))?.times.modified).toBe(1_700_000_000_000)
    expect((await read('/numbers', 50_000))?.toString()).toBe(numbers)
    expect((await find('/usr/bin/sh'))?.mode).toBe(0o4755)
    expect((await find('/a/again'))?.id).toBe((await find('/a/b/c/hello'))?.id)
    expect((await find('/a/again'))?.links).toBe(2)
  })

  test('gives any part of a file, and zeros for what was never written', async () => {
    const file = await (await files).find('/numbers')
    const part = Buffer.alloc(600)
    expect(await file?.read(20_480 - 7, part)).toBe(600)
    expect(part.toString()).toBe(numbers.slice(20_473, 21_073))
    expect(await file?.read(39_900, part)).toBe(100)
    expect(await file?.read(90_000, part)).toBe(0)
    const holes = await (await files).read('/holes', 100_000)
    const written = Buffer.alloc(holes?.length ?? 0)
    written.write('after holes', 60_000)
    expect(holes?.equals(written)).toBe(true)
  })

  test('follows symlinks inside, those of one letter and of hundreds, and never out', async () => {
    const { find, read } = await files
    expect((await read('/etc/os-release', 1000))?.toString()).toContain('ID=fixture')
    expect((await find('/a/slow'))?.kind).toBe('directory')
    expect(await (await find('/a/far', { follow: false }))?.target()).toBe(`${'a/'.repeat(40)}hello`)
    expect((await read('/a/outside', 1000))?.toString()).toContain('ID=fixture')
    expect((await read('/../../bin/../../etc/os-release', 1000))?.toString()).toContain('ID=fixture')
    await expect(find('/loop')).rejects.toThrow('/loop: more than 40 symlinks')
    expect(await find('/a/far')).toBeUndefined()
    expect(await find('/numbers/below')).toBeUndefined()
  })

  test('keeps odd names, large directories, devices and pipes', async () => {
    const { find, list } = await files
    const names: string[] = []
    for await (const { name: found } of list('/')) names.push(found)
    expect(names).toContain('new\nline \udcff ü')
    const many: string[] = []
    for await (const { name: found } of list('/many')) many.push(found)
    expect(many).toHaveLength(100)
    expect(await find('/null')).toMatchObject({ kind: 'character-device', device: { major: 1, minor: 3 } })
    expect(await find('/wide')).toMatchObject({ kind: 'block-device', device: { major: 259, minor: 70_000 } })
    expect((await find('/pipe'))?.kind).toBe('fifo')
    await expect((await find('/pipe'))?.read(0, Buffer.alloc(1))).rejects.toThrow('it is no file but a fifo')
  })

  test('gives extended attributes as Linux does', async () => {
    const { find } = await files
    const attributes = await (await find('/numbers'))?.attributes()
    expect(attributes?.get('user.note')?.toString()).toBe('of the user')
    expect(attributes?.get('user.long')?.toString()).toBe('x'.repeat(300))
    expect(attributes?.get('system.posix_acl_access')?.toString('hex')).toBe(
      '0200000001000600ffffffff020004001027000004000400ffffffff10000400ffffffff20000400ffffffff',
    )
    expect([...((await (await find('/usr/bin/sh'))?.attributes()) ?? [])]).toEqual([
      ['security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')],
    ])
    expect((await (await find('/empty'))?.attributes())?.size).toBe(0)
  })

  test('a walk meets everything once, and a file that is too long is not read', async () => {
    const { walk, read } = await files
    const paths: string[] = []
    for await (const { path, problem } of walk()) paths.push(problem ?? path)
    // mke2fs makes lost+found.
    const wanted = name === 'xfs' ? 130 : 131
    expect(paths).toHaveLength(wanted)
    expect(new Set(paths).size).toBe(wanted)
    await expect(read('/numbers', 1000)).rejects.toThrow('a file of 40000 bytes, and no more than 1000 were expected')
  })
})
