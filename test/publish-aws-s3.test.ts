import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import * as s3 from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { request } from 'undici'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { releasePermissions } from '../src/actions/permissions.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import type { AwsRecords } from '../src/rehearsal/aws/records.ts'
import { readStore } from '../src/rehearsal/kit/store.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const [home, other] = ['eu-central-1', 'us-east-1'] as const
const bucket = 'golden-disks'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 100,
)
const context = (at = 'state') => contextIn(here, { home: at })
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|Head|List)/)

function write(aws: object = {}, release: object = {}, bytes: Buffer = smallDisk()): void {
  writeRelease(here.folder, { aws: { regions: [home, other], import: 's3', bucket, ...aws } }, release, bytes)
}

function s3In(region: string): s3.S3Client {
  return new s3.S3Client({ region, forcePathStyle: true })
}

beforeEach(async () => {
  write()
  const CreateBucketConfiguration = { LocationConstraint: home }
  await s3In(home).send(new s3.CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }))
})

function records(): AwsRecords {
  const found = readStore<AwsRecords>(join(filesOf(here.places).folder, 'aws/records.json'))
  if (found === undefined) throw new Error('the stand-in has no records')
  return found
}

/** Images, snapshots, objects and uploads: what the account holds. */
function held(): readonly number[] {
  const all = [home, other].flatMap((region) => records()[region] ?? [])
  const buckets = all.flatMap(({ buckets = {} }) => Object.values(buckets))
  const tables = [
    ...[all.map(({ images }) => images), all.map(({ snapshots }) => snapshots)],
    ...[buckets.map(({ objects }) => objects), buckets.map(({ uploads }) => uploads)],
  ]
  return tables.map((some) => some.reduce((sum, table) => sum + Object.keys(table).length, 0))
}

const complete = [2, 2, 0, 0]

test('a disk goes through the bucket, arrives byte for byte, and leaves nothing there', async () => {
  const planned = await planRelease({}, context())
  expect(planned.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    `aws/upload/${home} to do`,
    `aws/import/${home} to do`,
    `aws/image/${home} to do`,
    `aws/copy/${other} to do`,
    `aws/tidy/${home} to do`,
  ])
  expect(planned.findings).toEqual([])
  const before = changing().length
  const { images, sent_bytes: sent } = await publish({}, context())
  expect(sent).toBeLessThan(256 * 1024)
  expect(held()).toEqual(complete)
  for (const region of [home, other]) {
    const [snapshot] = Object.values(records()[region]?.snapshots ?? {})
    expect(snapshot).toMatchObject({
      sizeGiB: 1,
      encrypted: false,
      tags: { 'sindri:release': 'golden-1.4.2-debian12' },
    })
    const bytes = smallDisk()
    const file = openSync(join(filesOf(here.places).folder, 'aws/disks', snapshot?.file ?? ''), 'r')
    readSync(file, bytes)
    closeSync(file)
    expect(bytes.equals(smallDisk())).toBe(true)
  }
  expect(await verify({}, context('another-machine'))).toMatchObject({ images, drift: [] })
  const after = changing().length
  expect(after).toBeGreaterThan(before)
  expect(await publish({}, context())).toMatchObject({ images, changed: [], sent_bytes: 0 })
  expect(await publish({}, context('another-machine'))).toMatchObject({ images, changed: [], sent_bytes: 0 })
  expect(changing()).toHaveLength(after)
})

test('parts that were stored are not sent again', async () => {
  // Cannot be packed: three parts.
  const disk = smallDisk()
  const bytes = Buffer.concat([disk, randomBytes(20 * 1024 * 1024)])
  write({}, {}, bytes)
  await here.reopen({
    faults: [{ operation: 'CompleteMultipartUpload', when: 'before', code: 'AccessDenied', left: 1 }],
  })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  expect(held()).toEqual([0, 0, 0, 1])
  expect((await publish({}, context('another-machine'))).sent_bytes).toBe(0)
  expect(held()).toEqual(complete)
})

/** Final refusals, in the form of each service. */
const moments = [
  ['CreateMultipartUpload', 'AccessDenied'],
  ['UploadPart', 'AccessDenied'],
  ['CompleteMultipartUpload', 'AccessDenied'],
  ['ImportSnapshot', 'UnauthorizedOperation'],
  ['CreateTags', 'UnauthorizedOperation'],
  ['RegisterImage', 'UnauthorizedOperation'],
  ['DeleteObject', 'AccessDenied'],
  ['CopyImage', 'UnauthorizedOperation'],
] as const
const crashes = moments.flatMap(([operation, code]) =>
  ['before', 'after'].map((when) => [operation, when, code] as const),
)
const halves = crashes.filter(([, when]) => when === 'after')

async function broken(operation: string, when: string, code: string): Promise<void> {
  await here.reopen({ faults: [{ operation, when, code, left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
}

async function completed(next: string): Promise<void> {
  await publish({}, context(next))
  expect(held()).toEqual(complete)
  expect(await verify({}, context(next))).toMatchObject({ drift: [] })
}

test.each(halves)('what broke off at %s (%s) is completed by the next run, with nothing twice', async (...fault) => {
  await broken(...fault)
  await completed('state')
})

test.each(crashes)('so it is at %s (%s) when the records are lost', async (...fault) => {
  await broken(...fault)
  await completed('another-machine')
})

test.each(halves)('nothing is left of it behind an unpublish without records: %s (%s)', async (...fault) => {
  await broken(...fault)
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(held()).toEqual([0, 0, 0, 0])
})

test('the version can be published anew', async () => {
  await publish({}, context())
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(held()).toEqual([0, 0, 0, 0])
  expect((await publish({}, context('third'))).images).toHaveLength(2)
  expect(held()).toEqual(complete)
})

test('another disk under the same version is refused before anything is changed, with and without records', async () => {
  await publish({}, context())
  const before = changing().length
  write({}, {}, smallDisk('two'))
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
  await expect(publish({}, context('another-machine'))).rejects.toMatchObject({ code: 'conflict' })
  expect(changing()).toHaveLength(before)
})

test('a disk that was sent block by block is not sent again', async () => {
  write({ import: 'ebs', bucket: undefined })
  const { images } = await publish({}, context())
  write()
  expect(await publish({}, context())).toMatchObject({ images, sent_bytes: 0 })
})

test('what would stop the import is told before the first byte', async () => {
  const refused = (message: string): Promise<void> =>
    expect(publish({}, context())).rejects.toThrow(new RegExp(message))
  const before = changing().length
  write({ bucket: 'nobodys-disks' })
  await refused('there is no bucket nobodys-disks')
  write({ regions: [other, home] })
  await refused(`golden-disks is not in ${other}`)
  expect(changing()).toHaveLength(before)
  write({ bucket: undefined })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'config' })
  write({ import: undefined })
  await expect(publish({}, context())).rejects.toThrow(/bucket is not used|bucket: is not used/)
})

test('so are a role that is missing, and one that is for something else', async () => {
  const iam = (Action: string, more: object = {}): Promise<string> => askIam({ Action, RoleName: 'vmimport', ...more })
  await iam('DeleteRole')
  await expect(publish({}, context())).rejects.toThrow(/no role vmimport/)
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }]
  await iam('CreateRole', { AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }) })
  await expect(publish({}, context())).rejects.toThrow(/does not let vmie.amazonaws.com assume it/)
  expect(held()).toEqual([0, 0, 0, 0])
})

test('it needs the printed permissions, and no more', async () => {
  const { policy, permissions } = await releasePermissions({ cloud: 'aws' }, context())
  expect(permissions.map(({ action }) => action).filter((action) => action.startsWith('ebs:'))).toEqual([])
  await here.reopen({ policy: { value: policy, file: 'policy.json' } })
  await publish({}, context())
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual([0, 0, 0, 0])
})

describe('with encryption by default', () => {
  beforeEach(async () => {
    write({ disable_encryption_by_default: true }, { audience: 'public', allow_public: true })
    for (const region of [home, other]) {
      const ec2 = new sdk.EC2Client({ region })
      await ec2.send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
      await ec2.send(new sdk.DisableImageBlockPublicAccessCommand({}))
    }
  })
  const restored = (): void => {
    for (const region of [home, other]) {
      const { encryptsByDefault, parameters = {} } = records()[region] ?? {}
      expect({ encryptsByDefault, parameters }).toEqual({ encryptsByDefault: true, parameters: {} })
    }
  }

  test('it is off for the time of the import, and on again', async () => {
    await publish({}, context())
    restored()
    expect(held()).toEqual(complete)
  })

  test.each([['ImportSnapshot'], ['DescribeImportSnapshotTasks'], ['CreateTags']])(
    'a refusal of %s turns it on, and the next run completes',
    async (operation) => {
      await here.reopen({ faults: [{ operation, when: 'before', code: 'UnauthorizedOperation', left: 1 }] })
      await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
      restored()
      await publish({}, context())
      restored()
      expect(held()).toEqual(complete)
    },
  )

  test('Ctrl-C while it is imported turns it on, and ends the import', async () => {
    const stop = new AbortController()
    const emit = (event: { readonly type: string; readonly phase?: string }): void => {
      if (event.phase?.startsWith('importing')) stop.abort()
    }
    await expect(publish({}, { ...contextIn(here, { emit }), signal: stop.signal })).rejects.toThrow()
    restored()
    expect(held().slice(0, 2)).toEqual([0, 0])
    await publish({}, context())
    restored()
    expect(held()).toEqual(complete)
  })
})

/** A request to IAM, for which no SDK is at hand. */
async function askIam(parameters: object): Promise<string> {
  const { credentials, sha256 } = new STSClient({ region: 'us-east-1' }).config
  const { hostname, host, origin } = new URL(here.rehearsal.environment.AWS_ENDPOINT_URL ?? '')
  const body = new URLSearchParams({ ...parameters, Version: '2010-05-08' }).toString()
  const signer = new SignatureV4({ service: 'iam', region: 'us-east-1', credentials, sha256 })
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' }
  const asked = { method: 'POST', protocol: 'http:', hostname, path: '/', query: {}, headers, body }
  const signed = await signer.sign(asked)
  const answer = await request(origin, { method: 'POST', headers: signed.headers, body })
  return answer.body.text()
}
