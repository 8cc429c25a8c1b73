import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { expect, test, vi } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, writeRelease } from './publishing.ts'

const [home, other] = ['eu-central-1', 'us-east-1'] as const
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const context = (at = 'state') => contextIn(here, { home: at })
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)
const ec2 = (region: string): sdk.EC2Client => new sdk.EC2Client({ region })

function write(aws: object, release: object = {}): void {
  writeRelease(here.folder, { aws: { regions: [home, other], ...aws } }, release)
}

async function imageIn(region: string): Promise<sdk.Image | undefined> {
  return (await ec2(region).send(new sdk.DescribeImagesCommand({ Owners: ['self'] }))).Images?.[0]
}

test('images are deprecated on the date that is declared; what is lifted is told, and mended', async () => {
  write({ deprecation_date: '2040-02-01T00:00:00Z' })
  await publish({}, context())
  for (const region of [home, other]) expect((await imageIn(region))?.DeprecationTime).toBe('2040-02-01T00:00:00.000Z')
  const ImageId = (await imageIn(other))?.ImageId
  await ec2(other).send(new sdk.DisableImageDeprecationCommand({ ImageId }))
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `aws/deprecation/${other}`, want: '2040-02-01T00:00:00.000Z', have: 'never' },
  ])
  expect((await publish({}, context())).changed).toEqual([`aws/deprecation/${other}`])
  write({ deprecation_date: '2041-02-01T00:00:00Z' })
  expect((await publish({}, context())).changed).toHaveLength(2)
  expect((await imageIn(home))?.DeprecationTime).toBe('2041-02-01T00:00:00.000Z')
  write({ deprecation_date: 'tomorrow' })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'config' })
})

test('variables of the firmware go with the image and its copies', async () => {
  const data = Buffer.from('AMZNUEFI and what follows').toString('base64')
  writeFileSync(join(here.folder, 'keys.b64'), `${data}\n`)
  write({ uefi_data: 'keys.b64' })
  await publish({}, context())
  for (const region of [home, other]) {
    const ImageId = (await imageIn(region))?.ImageId
    const asked = new sdk.DescribeImageAttributeCommand({ ImageId, Attribute: 'uefiData' })
    expect((await ec2(region).send(asked)).UefiData?.Value).toBe(data)
  }
  // Another set of keys is another image.
  writeFileSync(join(here.folder, 'keys.b64'), Buffer.from('AMZNUEFI others').toString('base64'))
  const before = changing().length
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
  expect(changing()).toHaveLength(before)
})

test('what is no such file is refused before anything is asked', async () => {
  write({ uefi_data: 'absent' })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'config', message: /absent is no file/ })
  writeFileSync(join(here.folder, 'keys'), 'no base64!')
  write({ uefi_data: 'keys' })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'config', message: /is not base64/ })
  writeFileSync(join(here.folder, 'keys'), 'AAAA'.repeat(20_000))
  await expect(publish({}, context())).rejects.toThrow(/80000 characters/)
  writeFileSync(join(here.folder, 'keys'), 'AAAA')
  write({ uefi_data: 'keys' }, { firmware: 'bios' })
  await expect(publish({}, context())).rejects.toThrow(/need UEFI/)
  expect(changing()).toEqual([])
})

test('`all` is every region that the account may use', async () => {
  const { Regions = [] } = await ec2(home).send(new sdk.DescribeRegionsCommand({}))
  write({ regions: [home, 'all'] })
  const { steps, findings } = await planRelease({}, context())
  const copied = steps.flatMap(({ id }) => /^aws\/copy\/(.+)$/.exec(id)?.[1] ?? [])
  expect(copied).toEqual(
    Regions.map(({ RegionName = '' }) => RegionName)
      .filter((name) => name !== home)
      .sort(),
  )
  expect(findings).toEqual([])
  write({ regions: ['all', home] })
  await expect(planRelease({}, context())).rejects.toThrow(/does not say where the disk is sent/)
})

test('those that come by `all` may fail, where that is declared', async () => {
  write({ regions: [home, 'all'], best_effort_regions: ['all'] })
  const fault = { operation: 'CopyImage', region: other, when: 'before', code: 'UnauthorizedOperation', left: 1 }
  await here.reopen({ faults: [fault] })
  const { failed, images } = await publish({}, context())
  expect(failed.map(({ id }) => id)).toEqual([`aws/copy/${other}`])
  expect(images).toHaveLength(16)
  expect((await publish({}, context())).images).toHaveLength(17)
})
