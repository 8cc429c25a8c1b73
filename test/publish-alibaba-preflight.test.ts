import { beforeEach, expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { connectAlibaba } from '../src/clouds/alibaba/api.ts'
import { openOss } from '../src/clouds/alibaba/api-oss.ts'
import { credentialSource } from '../src/clouds/alibaba/credentials.ts'
import { connectAlibabaDisk } from '../src/clouds/alibaba/disk-api.ts'
import { alibabaDiskTarget } from '../src/clouds/alibaba/disk-target.ts'
import type { Finding } from '../src/clouds/disk-target.ts'
import { credentials } from '../src/rehearsal/alibaba/signature.ts'
import { openRpc } from './alibaba-rpc.ts'
import { usePublishing } from './use-publishing.ts'

const bucket = 'golden-disks'
const { regions, here, write, context, changing } = usePublishing('alibaba')
const [home, other] = regions

beforeEach(() => write())

const oss = () => openOss(async () => ({ ...credentials, token: '' }), 'the test')

/** What a plan warns of, or finds wrong. */
async function found(level: Finding['level']): Promise<readonly string[]> {
  const { findings } = await planRelease({}, context())
  return findings.filter((one) => one.level === level).map(({ message }) => message)
}

/** A publish is refused for this, and changes nothing. */
async function refusedFor(message: string): Promise<void> {
  const before = changing().length
  await expect(publish({}, context())).rejects.toThrow(message)
  expect(changing().length).toBe(before)
}

test('a region that is not open to the account, and the want of the role where it may not be made', async () => {
  write({ regions: [home, 'cn-wulanchabu'], create_import_role: false })
  expect(await found('error')).toEqual([
    'alibaba: cn-wulanchabu is not a region this account may use',
    expect.stringContaining('alibaba: the account has no role AliyunECSImageImportDefaultRole'),
  ])
  write({ regions: [home, 'cn-wulanchabu'], best_effort_regions: ['cn-wulanchabu'] })
  expect(await found('error')).toEqual([])
  write({ create_import_role: false })
  await refusedFor('the account has no role')
})

test('the role is not made twice, and where nobody may look for it that is told', async () => {
  await publish({}, context())
  write({}, { version: '1.4.3' })
  expect(await found('warning')).toEqual([])
  await publish({}, context())
  expect(changing().filter((operation) => operation === 'CreateRole')).toHaveLength(1)
  const Statement = [{ Effect: 'Allow', Action: ['ecs:*', 'oss:*'], Resource: '*' }]
  await here.reopen({ policy: { value: { Version: '1', Statement }, file: 'policy.json' } })
  expect(await found('warning')).toEqual([expect.stringContaining('may not look whether the account has the role')])
  expect((await publish({}, context())).changed).toEqual([])
})

test('a bucket in another region, and one that others could read', async () => {
  const put = (region: string, access: string): Promise<unknown> =>
    oss().send('oss:PutBucket', region, bucket, { method: 'PUT', headers: { 'x-oss-acl': access } })
  await put(other, 'private')
  await refusedFor(`the bucket ${bucket} cannot be looked at`)
  write({ bucket: 'open-disks' })
  await oss().send('oss:PutBucket', home, 'open-disks', { method: 'PUT', headers: { 'x-oss-acl': 'public-read' } })
  await refusedFor('the bucket open-disks is public-read')
})

test('an image of the name that is not of this release', async () => {
  write({ regions: [home] })
  const { images, release } = await publish({}, context())
  const ask = openRpc(here.rehearsal.environment, home)
  const copy = { ImageId: images[0]?.image_id ?? '', DestinationRegionId: other, DestinationImageName: release }
  await ask('ecs', 'CopyImage', copy)
  write()
  await refusedFor(`${other} has another image called ${release}`)
})

test('an image for everybody is warned of, since only some accounts may have one', async () => {
  write({}, { audience: 'public', allow_public: true })
  expect(await found('warning')).toContainEqual(expect.stringContaining('has invited'))
})

test('a disk that cannot be imported, or would not start', async () => {
  const of = { region: home, credentials: credentialSource(here.rehearsal.environment) }
  const settings = { ...{ regions: [home], bestEffortRegions: [], bucket, accounts: [] }, nvme: true }
  const target = alibabaDiskTarget(
    { images: connectAlibaba(of), disks: connectAlibabaDisk(of) },
    { ...settings, createImportRole: true },
  )
  const findings = await target.preflight({
    ...{ key: 'k', name: 'k', project: 'p', version: '1', os: 'debian12', audience: 'private' },
    disk: { digest: 'd', sizeBytes: 3 * 1024 ** 4, architecture: 'arm64', firmware: 'bios' },
  })
  expect(findings.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    'the disk has 3072 GiB, and Alibaba Cloud imports 2048 at most',
    expect.stringContaining('boot by UEFI alone'),
  ])
})

test('a secret that is wrong is told with where it comes from', async () => {
  const environment = { ...here.rehearsal.environment, ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' }
  await expect(publish({}, { ...context(), environment })).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining('ALIBABA_CLOUD_ACCESS_KEY_ID of the environment'),
  })
})
