import { readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { status } from '../src/rehearsal/index.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type Counts, countsOf } from '../storm/count.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const example = join(import.meta.dirname, '../examples/publish-everywhere/sindri.yaml')
const targets: Record<string, object> = parse(readFileSync(example, 'utf8')).release.targets

/** How each cloud says that it is asked too often, and that something in it is broken. */
const words: Readonly<Record<string, readonly [throttled: string, broken: string]>> = {
  aws: ['RequestLimitExceeded', 'ServiceUnavailable'],
  azure: ['TooManyRequests', 'ServiceUnavailable'],
  gcp: ['rateLimitExceeded', 'backendError'],
  oci: ['TooManyRequests', 'ServiceUnavailable'],
  alibaba: ['Throttling.User', 'ServiceUnavailable'],
  openstack: ['TooManyRequests', 'ServiceUnavailable'],
}

describe.each(Object.keys(targets))('%s', (cloud) => {
  let operations: readonly string[] = []
  let whole: Counts = new Map()
  const [throttled = '', broken = ''] = words[cloud] ?? []

  async function held(): Promise<Counts> {
    return countsOf(await status(here.places))
  }

  test('undisturbed', async () => {
    writeRelease(here.folder, { [cloud]: targets[cloud] })
    await publish({}, contextIn(here))
    operations = [...new Set((await status(here.places)).requests.map(({ operation }) => operation))]
    whole = await held()
    expect(operations.length).toBeGreaterThan(4)
  })

  test.each<readonly [string, 'before' | 'after', string, number]>([
    ['throttled', 'before', throttled, 2],
    ['broken', 'before', broken, 2],
    ['not heard', 'before', 'Disconnect', 2],
    ['heard, and its answer lost', 'after', 'Disconnect', 1],
  ])('a publish of which every call is %s makes what an undisturbed one makes', async (_, when, code, left) => {
    writeRelease(here.folder, { [cloud]: targets[cloud] })
    await here.reopen({ faults: operations.map((operation) => ({ operation, when, code, left })) })
    const { failed } = await publish({}, contextIn(here))
    expect(failed).toEqual([])
    expect(await held()).toEqual(whole)
    expect(await verify({}, contextIn(here))).toMatchObject({ drift: [] })
  })
})

test('a cloud that is added with another disk stays empty, also where no record tells of the first', async () => {
  const { openstack = {}, aws = {} } = targets
  writeRelease(here.folder, { openstack })
  await publish({}, contextIn(here))
  const before = changingIn(here, /^(Describe|Get|List|CreateToken)/)
  writeRelease(here.folder, { openstack, aws }, {}, smallDisk('two'))
  const run = publish({}, contextIn(here, { home: 'another-machine' }))
  await expect(run).rejects.toMatchObject({
    code: 'conflict',
    complaints: ['RegionOne', 'RegionTwo'].map((region) =>
      expect.objectContaining({ message: expect.stringContaining(`openstack/image/${region}: `) }),
    ),
  })
  expect(changingIn(here, /^(Describe|Get|List|CreateToken)/)).toEqual(before)
})

test('a run that is stopped says what is left and how to go on, and the next one goes on', async () => {
  writeRelease(here.folder, { openstack: targets['openstack'] })
  const stop = new AbortController()
  const context = contextIn(here, { emit: ({ type }) => type === 'step' && stop.abort() })
  await expect(publish({}, { ...context, signal: stop.signal })).rejects.toMatchObject({
    code: 'cancelled',
    message: expect.stringMatching(/^cancelled; what was made of golden-1\.4\.2-\d+-debian12 so far is kept$/),
    hint: expect.stringContaining('run the same command again'),
  })
  expect((await publish({}, contextIn(here))).images).toHaveLength(2)
})

test('reading a disk of 8 TiB for its digest can be stopped', async () => {
  writeRelease(here.folder, { openstack: targets['openstack'] })
  truncateSync(join(here.folder, 'disk.raw'), 8 * 1024 ** 4)
  const stop = new AbortController()
  const context = contextIn(here, { emit: ({ type }) => type === 'note' && stop.abort() })
  await expect(planRelease({}, { ...context, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
})

test('no cloud at all is not taken for all of them, nor for a success', async () => {
  writeRelease(here.folder, { openstack: targets['openstack'] })
  await expect(publish({ only: [] }, contextIn(here))).rejects.toMatchObject({ code: 'usage' })
})
