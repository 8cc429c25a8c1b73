import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { status } from '../src/rehearsal/index.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type Counts, countsOf } from '../storm/count.ts'
import { contextIn, writeRelease } from './publishing.ts'

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
