import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { storeContract } from '../src/clouds/store-contract.ts'
import { sharedStoreAt } from '../src/clouds/stores.ts'
import { storePlace } from '../src/config/store-place.ts'
import { openSqliteStore } from '../src/core/sqlite-store.ts'
import type { Store } from '../src/core/store.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

describe('records in a file of this machine', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sindri-store-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  storeContract(async () => openSqliteStore(join(folder, 'r.db')))
})

describe.each([
  ['S3', 's3://golden-records/ci/releases', 'PutObject'],
  ['Google Cloud Storage', 'gs://golden-records/ci/releases', 'storage.objects.insert'],
  ['Azure Blob', 'azblob://goldenrecords/releases/ci', 'BlockBlobs.Put'],
])('records in %s', (_, address, put) => {
  const here = useRehearsal(() => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  })
  const place = storePlace(address)
  async function open(release = 'golden-1-debian12'): Promise<Store> {
    if (place === undefined) throw new Error(address)
    return sharedStoreAt(place).open(release, here.rehearsal.environment, true)
  }
  storeContract(open)

  test.each(['before', 'after'])('an answer that is lost %s it was written costs nothing', async (when) => {
    const before = await open()
    await before.put('k', 'one', { ifAbsent: true })
    before.close()
    await here.reopen({ faults: [{ operation: put, when, code: 'Disconnect', left: 2 }] })
    const store = await open()
    const version = await store.put('j', 'new', { ifAbsent: true })
    expect(await store.get('j')).toEqual({ value: 'new', version })
    expect(await store.put('j', 'newer', { ifMatch: version ?? '' })).toEqual(expect.any(String))
    store.close()
  })

  test('releases do not see each other', async () => {
    const [one, other] = [await open(), await open('golden-1-debian12-more')]
    await one.put('k', 'mine', { ifAbsent: true })
    expect(await other.get('k')).toBeUndefined()
    expect(await other.list('')).toEqual([])
    one.close()
    other.close()
  })

  test('the time is that of the store', async () => {
    here.now += 10 * 60_000
    const store = await open()
    expect(Math.abs((await store.now()) - here.now)).toBeLessThan(5_000)
    store.close()
  })
})
