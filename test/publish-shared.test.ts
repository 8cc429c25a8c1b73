import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Context } from '../src/actions/context.ts'
import { releasePermissions } from '../src/actions/permissions.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { sharedStoreAt } from '../src/clouds/stores.ts'
import { storePlace } from '../src/config/store-place.ts'
import { exitCodeOf } from '../src/core/error.ts'
import { openSqliteStore } from '../src/core/sqlite-store.ts'
import type { Store } from '../src/core/store.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const key = 'golden-1.4.2-debian12'
const regions = ['eu-central-1', 'us-east-1']
const addresses = ['s3://golden-records/ci', 'gs://golden-records/ci', 'azblob://goldenrecords/releases/ci']
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
afterEach(() => vi.unstubAllEnvs())

const reads =
  /^(Describe|Get|Head|List|oauth2\.|login\.|Blobs\.(Get|List)|storage\.objects\.(get|list)$|compute\.\w+\.(get|list)$)/
const changing = (): readonly string[] => changingIn(here, reads)
const counted = (operation: string): number => changing().filter((one) => one === operation).length

describe.each(addresses)('records in %s', (store) => {
  test('the second machine goes on where the first broke off: nothing is sent or made twice', async () => {
    writeRelease(here.folder, { aws: { regions } }, { store })
    expect((await planRelease({}, contextIn(here))).steps.map(({ state }) => state)).toEqual([
      'to do',
      'to do',
      'to do',
    ])
    expect(changing()).toEqual([])

    await here.reopen({
      faults: [{ operation: 'CompleteSnapshot', when: 'before', code: 'AccessDeniedException', left: 1 }],
    })
    await expect(publish({}, contextIn(here))).rejects.toMatchObject({ code: 'denied' })
    const told: string[] = []
    const second = contextIn(here, {
      home: 'another-machine',
      emit: (event) => void (event.type === 'step' && told.push(`${event.id} ${event.state}`)),
    })
    const done = await publish({}, second)
    // The blocks that the first had sent are written down in the store.
    expect(done.sent_bytes).toBe(0)
    expect(told).toContain(`aws/snapshot/${regions[0]} resumed`)
    expect(done.images).toHaveLength(2)
    expect(counted('StartSnapshot')).toBe(1)
    expect(counted('RegisterImage')).toBe(1)
    expect(await verify({}, contextIn(here, { home: 'a-third' }))).toMatchObject({ drift: [], images: done.images })
  })

  test('another disk under the same version is refused on any machine before anything is changed', async () => {
    writeRelease(here.folder, { aws: { regions } }, { store })
    await publish({}, contextIn(here))
    const before = changing().length
    writeRelease(here.folder, { aws: { regions } }, { store }, smallDisk('two'))
    const other = contextIn(here, { home: 'another-machine' })
    await expect(publish({}, other)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(key) })
    expect(changing().length).toBe(before)
  })
})

test('two machines at once make one of everything, and the second waits for the first', async () => {
  writeRelease(here.folder, { aws: { regions } }, { store: addresses[0] })
  const told: string[] = []
  const machine = (hostName: string): Context => ({
    ...contextIn(here, { home: hostName, emit: (event) => void (event.type === 'note' && told.push(event.message)) }),
    hostName,
  })
  const both = await Promise.all(['one', 'two'].map((name) => publish({}, machine(name))))
  expect(both[0]?.images).toEqual(both[1]?.images)
  expect(told.filter((message) => message.includes('waiting for another sindri'))).toHaveLength(1)
  for (const operation of ['StartSnapshot', 'RegisterImage', 'CopyImage']) expect(counted(operation)).toBe(1)
})

async function storeAt(address: string): Promise<Store> {
  const place = storePlace(address)
  if (place === undefined) throw new Error(address)
  return sharedStoreAt(place).open(key, here.rehearsal.environment, true)
}

/** All that a store holds of the release. */
async function recordsIn(address: string): Promise<string> {
  const store = await storeAt(address)
  const values = await Promise.all(
    (await store.list('')).map(async (each) => `${each} ${(await store.get(each))?.value}`),
  )
  store.close()
  return values.join('\n')
}

test('a run whose lease was taken stops, ends with exit code 4, and leaves the rest to whoever took it', async () => {
  const [address = ''] = addresses
  writeRelease(here.folder, { aws: { regions } }, { store: address })
  const taker = { owner: { host: 'another', pid: 1, nonce: 'another run' }, until: here.now + 10 * 60_000 }
  const taken = Promise.withResolvers<void>()
  let taking = false
  async function take(): Promise<void> {
    taking = true
    const store = await storeAt(address)
    expect(await replace(store, taker)).toEqual(expect.any(String))
    store.close()
    taken.resolve()
  }
  const first = contextIn(here, {
    emit: (event) => void (event.type === 'step' && event.state === 'started' && !taking && take()),
  })
  /** The lease is renewed when another has taken it, and nothing else goes on before it is. */
  const sleep: Context['clock']['sleep'] = (ms, signal) => {
    if (ms > 30_000) return taken.promise
    if (!taking || signal === undefined) return first.clock.sleep(ms, signal)
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  const lost = await publish({}, { ...first, clock: { ...first.clock, sleep } }).catch((error: unknown) => error)
  expect(lost).toMatchObject({ code: 'partial', message: expect.stringContaining('taken by another sindri') })
  expect(exitCodeOf(lost)).toBe(4)
  const next = { ...contextIn(here, { home: 'another-machine' }), hostName: 'another' }
  await expect(publish({ lockTimeoutMs: 0 }, next)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('process 1 on another'),
  })
  const store = await storeAt(address)
  await replace(store, { ...taker, until: 0 })
  store.close()
  expect((await publish({}, next)).images).toHaveLength(2)
  for (const operation of ['StartSnapshot', 'RegisterImage', 'CopyImage']) expect(counted(operation)).toBe(1)
})

/** Writes a lease over the one that is there. */
async function replace(store: Store, term: object): Promise<string | undefined> {
  const held = await store.get('lease/aws')
  return store.put('lease/aws', JSON.stringify(term), { ifMatch: held?.version ?? '' })
}

test('an address that opens an upload stays on the machine that began it; another begins its own', async () => {
  const [store = ''] = addresses
  writeRelease(here.folder, { gcp: { regions: ['europe-west1'], bucket: 'golden-disks' } }, { store })
  await here.reopen({
    faults: [{ operation: 'storage.objects.upload', when: 'before', code: 'forbidden', left: 1 }],
  })
  await expect(publish({}, contextIn(here))).rejects.toMatchObject({ code: 'denied' })
  const records = await recordsIn(store)
  expect(records).toMatch(/step\/gcp\/object .*"state":"started"/)
  expect(records).not.toMatch(/https?:|upload_id/)
  const own = openSqliteStore(join(here.folder, 'state/rehearsal/records/publications', `${key}.db`))
  expect((await own.get('handle/gcp/object'))?.value).toContain('upload_id=')
  own.close()
  const begun = counted('storage.objects.insert')
  // The same machine goes on with it.
  await here.reopen({ faults: [{ operation: 'compute.images.insert', when: 'before', code: 'forbidden', left: 1 }] })
  await expect(publish({}, contextIn(here))).rejects.toMatchObject({ code: 'denied' })
  expect(counted('storage.objects.insert')).toBe(begun)
  const done = await publish({}, contextIn(here, { home: 'another-machine' }))
  expect(done).toMatchObject({ sent_bytes: 0, images: [{ region: 'europe-west1' }] })
  expect(await recordsIn(store)).not.toMatch(/https?:|upload_id/)
})

test.each([
  ['s3', 'aws', 'the bucket no-such-bucket of s3://no-such-bucket/ci does not exist'],
  ['gs', 'gcp', 'the bucket no-such-bucket of gs://no-such-bucket/ci does not exist'],
])('a bucket that is not there is named (%s)', async (scheme, _, message) => {
  writeRelease(here.folder, { aws: { regions } }, { store: `${scheme}://no-such-bucket/ci` })
  // As outside a rehearsal, where nobody makes it.
  const context = { ...contextIn(here), rehearsal: undefined }
  for (const run of [planRelease, publish, verify])
    await expect(run({}, context)).rejects.toMatchObject({ code: 'not-found', message })
  expect(changing()).toEqual([])
})

test('the printed policy of AWS is all that sharing the records takes, below their prefix', async () => {
  const [store = ''] = addresses
  writeRelease(here.folder, { aws: { regions } }, { store })
  const { policy } = await releasePermissions({}, contextIn(here))
  expect(policy).toMatchObject({
    Statement: [
      { Resource: '*' },
      { Resource: 'arn:aws:s3:::golden-records/ci/*', Action: ['s3:GetObject', 's3:PutObject'] },
      { Resource: 'arn:aws:s3:::golden-records', Action: ['s3:ListBucket'] },
    ],
  })
  // Somebody with more rights has made the bucket.
  await recordsIn(store)
  await publish({ part: 'images', version: '1.0.0' }, contextIn(here))
  await here.reopen({ policy: { value: policy, file: 'policy.json' } })
  expect((await publish({}, contextIn(here))).images).toHaveLength(2)
  writeRelease(here.folder, { aws: { regions } }, { store: 's3://golden-records/of-others' })
  await expect(publish({}, contextIn(here))).rejects.toMatchObject({
    code: 'denied',
    message: expect.stringMatching(/s3:GetObject in s3:\/\/golden-records\/of-others/),
  })
})

test('the store may be of another cloud than the images; its credentials have a policy of their own', async () => {
  writeRelease(here.folder, { aws: { regions } }, { store: addresses[1] })
  const { policy } = await releasePermissions({ cloud: 'gcp' }, contextIn(here))
  expect(policy).toMatchObject({
    includedPermissions: ['create', 'delete', 'get', 'list'].map((verb) => `storage.objects.${verb}`),
  })
})
