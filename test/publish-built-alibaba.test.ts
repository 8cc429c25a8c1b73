import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { printed } from '../src/actions/build/printed.ts'
import { configure } from '../src/actions/configure.ts'
import type { Context } from '../src/actions/context.ts'
import { copy } from '../src/actions/copy.ts'
import { releasePermissions } from '../src/actions/permissions.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { itemsOf, textOf } from '../src/clouds/alibaba/answers.ts'
import { tag } from '../src/clouds/tags.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type Ask, openRpc, type Parameters, tagged } from './alibaba-rpc.ts'
import { builder } from './built-on-aws.ts'
import { changingIn } from './publishing.ts'

const [home, other] = ['cn-hangzhou', 'eu-central-1'] as const
const reader = '1111111111111111'

let ask: Ask
const here = useRehearsal(
  () => {
    ask = openRpc(here.rehearsal.environment, home)
  },
  (now) => now + 400,
)
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)
const context = (at?: string): Context => builder(here, at)

/** Writes a config that builds on Alibaba Cloud, makes what the builder makes of it, and waits for that. */
async function build(alibaba: object = {}): Promise<string> {
  const config = {
    ...{ version: '1.0', name: 'golden' },
    providers: {
      packer: {
        ...{ cloud: 'alibaba', alibaba: { region: home } },
        build: { base: 'debian-12', sindri_version: '1.0.0' },
      },
    },
    release: { version: '1.4.2', targets: { alibaba: { regions: [home, other], bucket: 'unused', ...alibaba } } },
  }
  writeFileSync(join(here.folder, 'sindri.yaml'), JSON.stringify(config))
  const { fingerprint } = await printed(await configure({ flags: {} }, context()), context())
  const of = async (action: string, member: string, parameters: Parameters): Promise<string> =>
    textOf(await ask('ecs', action, parameters), member) ?? ''
  const networks = await ask('vpc', 'DescribeVSwitches', { IsDefault: 'true' })
  const [vswitch = {}] = itemsOf(networks, 'VSwitches', 'VSwitch')
  const SecurityGroupId = await of('CreateSecurityGroup', 'SecurityGroupId', { VpcId: textOf(vswitch, 'VpcId') ?? '' })
  const InstanceId = await of('CreateInstance', 'InstanceId', {
    ...{ ImageFamily: 'acs:debian_12_11_x64', InstanceType: 'ecs.g6.large', SecurityGroupId },
    VSwitchId: textOf(vswitch, 'VSwitchId') ?? '',
  })
  const ImageName = 'golden-1769889600'
  const tags = { [tag.release]: ImageName, [tag.fingerprint]: fingerprint, [tag.managed]: 'true' }
  const id = await of('CreateImage', 'ImageId', { InstanceId, ImageName, ...tagged(tags) })
  await ask('ecs', 'DeleteInstance', { InstanceId, Force: 'true' })
  while (itemsOf(await ask('ecs', 'DescribeImages', { ImageId: id }), 'Images', 'Image').length === 0) await delay(0)
  return id
}

async function images(): Promise<readonly string[]> {
  const mine = { ImageOwnerAlias: 'self', Status: 'Waiting,Creating,Available,CreateFailed' }
  const found = await Promise.all(
    [home, other].map(async (region) => {
      const all = itemsOf(await ask('ecs', 'DescribeImages', mine, region), 'Images', 'Image')
      return all.map((one) => `${region} ${textOf(one, 'ImageId')}`)
    }),
  )
  return found.flat()
}

test('what was built is copied to the regions of the release, for its readers, once, and taken back', async () => {
  const built = await build({ accounts: [reader], image_family: 'golden' })
  const { policy } = await releasePermissions({ cloud: 'alibaba' }, context())
  await here.reopen({ policy })
  const first = await publish({}, context())
  expect(first.images).toEqual(
    [home, other].map((region) =>
      expect.objectContaining({ region, name: first.release, readers: `account ${reader}`, digest: `image:${built}` }),
    ),
  )
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const before = changing()
  for (const at of ['state', 'another-machine'])
    expect(await publish({}, context(at))).toMatchObject({ images: first.images, changed: [] })
  expect(changing()).toEqual(before)
  expect((await unpublish({ confirm: async () => true }, context('another-machine'))).removed).toEqual(first.images)
  expect(await images()).toEqual([`${home} ${built}`])
})

test.each(
  ['CopyImage', 'ModifyImageSharePermission'].flatMap((operation) =>
    ['state', 'another-machine'].map((at) => ({ operation, at })),
  ),
)('broken off after $operation and gone on with from $at, it makes everything once', async ({ operation, at }) => {
  await build({ accounts: [reader] })
  await here.reopen({ faults: [{ operation, when: 'after', code: 'Forbidden.RAM', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  await publish({}, context(at))
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  expect(await images()).toHaveLength(3)
})

test('an image is copied to a region of its cloud, and once', async () => {
  const id = await build()
  const run = (at?: string) => copy({ flags: {}, imageId: id, to: [other] }, context(at))
  const first = await run()
  expect(first).toMatchObject({ cloud: 'alibaba', region: home, copied: [other] })
  const before = changing()
  for (const at of ['state', 'another-machine']) expect(await run(at)).toMatchObject({ ...first, copied: [] })
  expect(changing()).toEqual(before)
  await expect(copy({ flags: {}, imageId: id, to: ['mars-north'] }, context())).rejects.toMatchObject({
    message: expect.stringContaining('mars-north is not a region this account may use'),
  })
})
