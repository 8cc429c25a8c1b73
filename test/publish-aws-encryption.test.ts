import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { releasePermissions } from '../src/actions/permissions.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import type { AwsRecords } from '../src/rehearsal/aws/records.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { readStore } from '../src/rehearsal/kit/store.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { statusText } from '../src/report/publish-text.ts'
import { contextIn, writeRelease } from './publishing.ts'

const [home, other] = ['eu-central-1', 'us-east-1'] as const
const regions = [home, other]
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const context = (at = 'state') => contextIn(here, { home: at })

/** The daemon that was started again keeps what it was told, but the ports change. */
const ec2 = (region: string): sdk.EC2Client => new sdk.EC2Client({ region })

beforeEach(async () => {
  write()
  for (const region of regions) {
    await ec2(region).send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
    await ec2(region).send(new sdk.DisableImageBlockPublicAccessCommand({}))
  }
})

function write(aws: object = { disable_encryption_by_default: true }): void {
  writeRelease(here.folder, { aws: { regions, ...aws } }, { audience: 'public', allow_public: true })
}

function records(): AwsRecords {
  const found = readStore<AwsRecords>(join(filesOf(here.places).folder, 'aws/records.json'))
  if (found === undefined) throw new Error('the stand-in has no records')
  return found
}

/** What an account is in after all is done: encrypting as it was, and no word of it left. */
function restored(): void {
  for (const region of regions) {
    const { encryptsByDefault, parameters = {} } = records()[region] ?? {}
    expect({ region, encryptsByDefault, parameters }).toEqual({ region, encryptsByDefault: true, parameters: {} })
  }
}

/** How many images and snapshots each region has, and how many of them everybody may use. */
function held(): readonly string[] {
  return regions.map((region) => {
    const { images = {}, snapshots = {} } = records()[region] ?? {}
    const open = [...Object.values(images), ...Object.values(snapshots)].filter(({ permissions }) =>
      permissions.some(({ Group }) => Group === 'all'),
    )
    return `${Object.keys(images).length} image, ${Object.keys(snapshots).length} snapshot, ${open.length} open`
  })
}

/** What was done, besides blocks; a dry run does nothing. */
function called(): readonly string[] {
  return lastEntries(filesOf(here.places).journal, 10_000)
    .filter(({ operation, error }) => error === undefined && !/^(Describe|Get|List|PutSnapshotBlock)/.test(operation))
    .map(({ operation }) => operation)
}

const complete = ['1 image, 1 snapshot, 2 open', '1 image, 1 snapshot, 2 open']

test('it is off only while a snapshot begins, and on again everywhere', async () => {
  write({})
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [home, other].map((region) => ({
      message: expect.stringContaining(`${region} encrypts every new snapshot`),
      hint: expect.stringContaining('disable_encryption_by_default: true'),
    })),
  })
  write()
  const { findings, steps } = await planRelease({}, context())
  expect(findings.map(({ level }) => level)).toEqual(['warning', 'warning'])
  expect(steps[0]).toMatchObject({ id: `aws/encryption-by-default/${home}`, state: 'exists' })

  const before = called().length
  await publish({}, context())
  restored()
  expect(held()).toEqual(complete)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const off = ['PutParameter', 'DisableEbsEncryptionByDefault']
  const on = ['EnableEbsEncryptionByDefault', 'DeleteParameter']
  expect(called().slice(before, before + 5)).toEqual([...off, 'StartSnapshot', ...on])
  expect(called().join(' ')).toContain([...off, 'CopyImage', ...on].join(' '))
  // All is there: nothing is turned off again.
  const after = called().length
  await publish({}, context('another-machine'))
  expect(called()).toHaveLength(after)
})

/** The code by which each service refuses for good. */
const codes: Readonly<Record<string, string>> = { StartSnapshot: 'AccessDeniedException' }
const codeOf = (operation: string): string =>
  codes[operation] ?? (operation.endsWith('Parameter') ? 'AccessDeniedException' : 'UnauthorizedOperation')

/** As kill -9 leaves it: what would turn encryption on again is not done either. */
async function killedAt(operation: string, when: string, region: string): Promise<void> {
  const faults = [{ operation, region, when, code: codeOf(operation), left: 1 }]
  const on = 'EnableEbsEncryptionByDefault'
  const never = { operation: on, region, when: 'before', code: 'UnauthorizedOperation', left: 99 }
  await here.reopen({ faults: operation === 'DeleteParameter' ? faults : [...faults, never] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  await here.reopen()
}

const inAny = ['PutParameter', 'DisableEbsEncryptionByDefault', 'DeleteParameter']
const moments = [
  ...[...inAny, 'StartSnapshot'].map((operation) => [operation, home] as const),
  ...[...inAny, 'CopyImage'].map((operation) => [operation, other] as const),
]
const crashes = moments.flatMap(([operation, region]) =>
  ['before', 'after'].map((when) => [operation, region, when] as const),
)

describe.each([
  ['with its records', 'state'],
  ['with its records lost', 'another-machine'],
])('a run that is killed, %s', (_, next) => {
  test.each(crashes)('at %s in %s (%s): the next run turns it on, and completes', async (operation, region, when) => {
    await killedAt(operation, when, region)
    await publish({}, context(next))
    restored()
    expect(held()).toEqual(complete)
  })

  test('with it left off: verify and status tell, and unpublish turns it on', async () => {
    await killedAt('CopyImage', 'after', other)
    expect(records()[other]?.encryptsByDefault).toBe(false)
    const seen = await verify({}, context(next))
    expect(seen.drift.map(({ id, have }) => `${id} ${have}`)).toContain(`aws/encryption-by-default/${other} missing`)
    expect(statusText(seen)).toContain(`encryption by default as it was in ${other}`)
    await unpublish({ confirm: async () => true }, context(next))
    restored()
  })
})

test('a refusal turns it on in the same run', async () => {
  await here.reopen({ faults: [{ operation: 'CopyImage', when: 'before', code: 'UnauthorizedOperation', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  restored()
})

test('so does Ctrl-C, at any moment', async () => {
  const moments: string[] = []
  const run = (at: number): Promise<unknown> => {
    const stop = new AbortController()
    const emit = (event: { readonly type: string }): void => {
      moments.push(event.type)
      if (moments.length === at) stop.abort()
    }
    moments.length = 0
    return publish({}, { ...contextIn(here, { home: `state-${at}`, emit }), signal: stop.signal }).catch(
      () => undefined,
    )
  }
  for (const at of [3, 5, 7, 9]) {
    await run(at)
    restored()
  }
})

test('two runs at once, on machines that know nothing of each other, do not leave it off', async () => {
  await Promise.allSettled([publish({}, context('one')), publish({}, context('two'))])
  restored()
  await publish({}, context('three'))
  restored()
})

test('what someone else turned on meanwhile is told before the disk is sent', async () => {
  write({})
  for (const region of regions) await ec2(region).send(new sdk.DisableEbsEncryptionByDefaultCommand({}))
  const emit = (event: { readonly type: string; readonly state?: string }): void => {
    if (event.type !== 'step' || event.state !== 'started') return
    const here = records()[home]
    expect(here?.snapshots).toEqual({})
  }
  const run = contextIn(here, { emit })
  // As if it came between the preflight and the first snapshot.
  const first = publish({}, run)
  await ec2(home).send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
  await expect(first).rejects.toThrow(/encrypt/)
  expect(held()[0]).toBe('0 image, 0 snapshot, 0 open')
})

test('the actions are printed only where the flag is set', async () => {
  const printed = async (): Promise<readonly string[]> =>
    (await releasePermissions({ cloud: 'aws' }, context())).permissions.map(({ action }) => action)
  const actions = ['ec2:DisableEbsEncryptionByDefault', 'ec2:EnableEbsEncryptionByDefault', 'ssm:DeleteParameter']
  expect(await printed()).toEqual(expect.arrayContaining(actions))
  write({})
  expect((await printed()).filter((action) => actions.includes(action))).toEqual([])
})

test('nothing is turned off that could not be turned on again', async () => {
  const Statement = [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    { Effect: 'Deny', Action: 'ec2:EnableEbsEncryptionByDefault', Resource: '*' },
  ]
  await here.reopen({ policy: { value: { Version: '2012-10-17', Statement }, file: 'policy.json' } })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: regions.map((region) => ({
      message: expect.stringContaining(`may not call ec2:EnableEbsEncryptionByDefault in ${region}`),
    })),
  })
  restored()
})
