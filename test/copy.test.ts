import * as sdk from '@aws-sdk/client-ec2'
import { expect, test, vi } from 'vitest'
import { configure } from '../src/actions/configure.ts'
import { type CopyOptions, copy } from '../src/actions/copy.ts'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { connect } from '../src/clouds/index.ts'
import { apply } from '../src/core/apply.ts'
import { memoryStore } from '../src/core/fake-cloud.fixture.ts'
import { plan } from '../src/core/plan.ts'
import { step } from '../src/core/step.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { builder, buildOnAws, home, imagesOnAws, other, writeBuilt } from './built-on-aws.ts'
import { changingIn } from './publishing.ts'

const third = 'us-east-2'
let tickMs = 400
const here = useRehearsal(
  () => {
    tickMs = 400
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + tickMs,
)
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)

async function built(): Promise<string> {
  writeBuilt(here, { aws: { regions: [home] } })
  return buildOnAws(here)
}

const run = (imageId: string, to: readonly string[], more: Partial<CopyOptions> = {}, at = 'state') =>
  copy({ flags: {}, imageId, to, ...more }, builder(here, at))

test('an image is copied to regions of its cloud, and once', async () => {
  const id = await built()
  const first = await run(id, [other, third])
  expect(first).toMatchObject({ cloud: 'aws', image_id: id, region: home, copied: [other, third] })
  expect(Object.keys(first.regions)).toEqual([other, third])
  const before = changing()
  expect(before.filter((operation) => operation === 'CopyImage')).toHaveLength(2)
  for (const at of ['state', 'another-machine'])
    expect(await run(id, [other, third], {}, at)).toMatchObject({ regions: first.regions, copied: [] })
  expect(changing()).toEqual(before)
  const { Images: [image] = [] } = await new sdk.EC2Client({ region: other }).send(
    new sdk.DescribeImagesCommand({ ImageIds: [first.regions[other] ?? ''] }),
  )
  expect(image?.Tags).toEqual(expect.arrayContaining([{ Key: 'sindri:ssh-user', Value: 'admin' }]))
})

test('a copy that `vm build` made is found, and a region more is one copy more', async () => {
  writeBuilt(here, { aws: { regions: [home] } }, {}, { ami_regions: [other] })
  const id = await buildOnAws(here)
  const [inOther] = await copiesOfBuild(id)
  expect(inOther?.region).toBe(other)
  const { regions, copied } = await run(id, [other, third])
  expect(copied).toEqual([third])
  expect(regions[other]).toBe(inOther?.id)
  expect(await imagesOnAws()).toHaveLength(3)
})

/** What `vm build` does behind Packer. */
async function copiesOfBuild(id: string): Promise<readonly MadeImage[]> {
  const target = await connect(await configure({ flags: {} }, builder(here)), here.rehearsal.environment)
  const { name, fingerprint = '' } = await target.images.get(home, id)
  const image = step<MadeImage, null>('image', {
    ...{ title: 'build', digest: fingerprint, start: async () => null, poll: async () => ({ failed: 'is there' }) },
    find: async () => ({ digest: fingerprint, out: { id, region: home, name } }),
  })
  const { copies } = target.publish.plan({ name, fingerprint, cloud: 'aws', region: home }, image)
  const { clock, signal, emit } = builder(here)
  const work = { release: name, plan: plan([image, ...copies]), store: memoryStore(), clock, signal, emit }
  const { got } = await apply(work)
  return copies.map(got)
}

test('an image that is nobody’s release is copied once as well', async () => {
  writeBuilt(here, { aws: { regions: [home] } })
  const { Images: [base] = [] } = await new sdk.EC2Client({ region: home }).send(
    new sdk.DescribeImagesCommand({ Owners: ['136693071363'] }),
  )
  const first = await run(base?.ImageId ?? '', [other])
  expect(first.copied).toEqual([other])
  expect(await run(base?.ImageId ?? '', [other], {}, 'another-machine')).toMatchObject({ ...first, copied: [] })
})

test.each(['kept', 'deleted'])(
  'with its reply lost and its records %s the copy that was begun is the only one',
  async (records) => {
    const id = await built()
    await here.reopen({ faults: [{ operation: 'CopyImage', when: 'after', code: 'UnauthorizedOperation', left: 1 }] })
    await expect(run(id, [other])).rejects.toMatchObject({ code: 'denied' })
    const again = await run(id, [other], {}, records === 'kept' ? 'state' : 'another-machine')
    expect(await imagesOnAws()).toEqual([`${home} ${id}`, `${other} ${again.regions[other]}`])
  },
)

test.each<[string, (id: string) => Parameters<typeof run>, string, RegExp]>([
  ['an image of another cloud', () => ['ocid1.image.oc1.iad.aaaa', [other]], 'unsupported', /across clouds.*disk/],
  ['a region of another cloud', (id) => [id, ['westeurope']], 'unsupported', /across clouds.*disk/],
  ['a cloud in place of a region', (id) => [id, ['azure']], 'unsupported', /across clouds.*disk/],
  ['the region it is in', (id) => [id, [home]], 'usage', /other regions/],
  ['a region that is not enabled', (id) => [id, [other, 'me-south-1']], 'failed', /enable-region/],
  ['an image that is not there', () => ['ami-0123456789abcdef0', [other]], 'not-found', /vm list/],
])('%s is refused before anything is changed', async (_what, words, code, hint) => {
  const id = await built()
  const before = changing()
  await expect(run(...words(id))).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) })
  expect(changing()).toEqual(before)
})

test('a region that makes as many images as it can is told of before anything is changed', async () => {
  const id = await built()
  const ec2 = new sdk.EC2Client({ region: other })
  tickMs = 0
  for (let index = 0; index < 20; index++)
    await ec2.send(new sdk.CopyImageCommand({ SourceImageId: id, SourceRegion: home, Name: `busy-${index}` }))
  const before = changing()
  await expect(run(id, [other])).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('20') })
  expect(changing()).toEqual(before)
})
