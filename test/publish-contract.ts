import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { smallDisk } from './publishing.ts'
import type { Publishing } from './use-publishing.ts'

/** What differs from cloud to cloud in what publishing promises everywhere. */
interface Differences {
  /** What opens the images to a reader, and how that is told; absent where images cannot be opened. */
  readonly opened?: { readonly settings: object; readonly readers: string }
  /** Settings of the first region that are changed when the other and a reader are added later. */
  readonly added: readonly string[]
  /** Whether a region that is added later is filled within the cloud; elsewhere the disk is sent again. */
  readonly copies: boolean
  /** Expects the cloud to hold no more than it may after everything was unpublished. */
  readonly gone: () => void | Promise<void>
}

/** Declares, in the file that calls it, the tests of what publishing promises in every cloud. */
export function publishContract(publishing: Publishing, { opened, added, copies, gone }: Differences): void {
  const { cloud, regions, here, write, context, changing } = publishing
  const [home] = regions
  const confirm = async (): Promise<boolean> => true
  const readers = opened?.readers ?? 'private'
  const everywhere = regions.map((region) => ({ cloud, region, readers }))

  test('a disk becomes an image in every region, with its readers, and nothing is sent or made twice', async () => {
    write(opened?.settings)
    const planned = await planRelease({}, context())
    expect(new Set(planned.steps.map(({ state }) => state))).toEqual(new Set(['to do']))
    expect(planned.clouds).toMatchObject([{ cloud, images: 2 }])
    expect(changing()).toEqual([])

    const first = await publish({}, context())
    expect(first.images).toMatchObject(everywhere)
    expect(first.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
    expect(first.sent_bytes).toBeGreaterThan(0)
    expect(await verify({}, context())).toMatchObject({ drift: [], images: first.images })

    const before = changing().length
    expect((await planRelease({}, context())).clouds).toMatchObject([{ send_bytes: 0, send_seconds: 0 }])
    const again = await publish({}, context())
    expect(again).toMatchObject({ images: first.images, changed: [], sent_bytes: 0 })
    const lost = await publish({}, context('another-machine'))
    expect(lost).toMatchObject({ images: first.images, changed: [], sent_bytes: 0, release: first.release })
    expect(changing().length).toBe(before)
  })

  test('a region and a reader that are added later change nothing else', async () => {
    write({ regions: [home] })
    const first = await publish({}, context())
    write(opened?.settings)
    const second = await publish({}, context())
    expect(second.images).toMatchObject(everywhere)
    expect(second.images[0]).toEqual({ ...first.images[0], readers })
    expect(second.changed.filter((id) => id.endsWith(`/${home}`))).toEqual(added)
    if (copies) expect(second.sent_bytes).toBe(0)
    expect(await verify({}, context('another-machine'))).toMatchObject({ drift: [] })
  })

  test('another disk under the same version is refused before anything is changed, with and without records', async () => {
    write({ regions: [home] })
    await publish({}, context())
    const before = changing().length
    // The other region knows nothing of the release.
    write({}, {}, smallDisk('two'))
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
    await expect(publish({}, context('another-machine'))).rejects.toMatchObject({ code: 'conflict' })
    expect(changing().length).toBe(before)
  })

  test('what was published is looked at without the disk', async () => {
    write(opened?.settings)
    const { images } = await publish({}, context())
    rmSync(join(here.folder, 'disk.raw'))
    expect(await verify({}, context())).toMatchObject({ images, drift: [] })
    await expect(publish({}, context())).rejects.toThrow('disk.raw')
  })

  test('unpublishing leaves nothing, with and without records, and the version can be published anew', async () => {
    write(opened?.settings)
    const { images } = await publish({}, context())
    expect((await unpublish({ confirm }, context('another-machine'))).removed).toEqual(images)
    await gone()
    expect((await verify({}, context())).images).toEqual([])

    const anew = await publish({}, context())
    expect(anew.images).toMatchObject(everywhere)
    expect(await verify({}, context('another-machine'))).toMatchObject({ drift: [] })
    expect((await unpublish({ confirm }, context())).removed).toEqual(anew.images)
    await gone()
    // A machine that has no records begins with the tokens that are used up.
    expect((await publish({}, context('a-third-machine'))).images).toMatchObject(everywhere)
  })
}
