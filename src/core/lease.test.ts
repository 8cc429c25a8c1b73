import { expect, test } from 'vitest'
import { memoryStore } from './fake-cloud.fixture.ts'
import { takeLease } from './lease.ts'

const never = {
  now: () => 1_000_000,
  sleep: (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
}

function owner(pid: number) {
  return { host: 'here', pid, nonce: String(pid) }
}

test('a second runner is refused by name while the first works, and served after', async () => {
  const store = memoryStore()
  const first = await takeLease({ store, owner: owner(1), clock: never, gone: () => false })
  await expect(takeLease({ store, owner: owner(2), clock: never, gone: () => false })).rejects.toMatchObject({
    code: 'conflict',
    message: 'another sindri (process 1 on here) works on this release',
  })
  await first.release()
  await (await takeLease({ store, owner: owner(2), clock: never, gone: () => false })).release()
})

test('a killed runner does not block the next', async () => {
  const store = memoryStore()
  await takeLease({ store, owner: owner(1), clock: never, gone: () => false })
  const second = await takeLease({ store, owner: owner(2), clock: never, gone: (other) => other.pid === 1 })
  await second.release()
})

test('whoever lost the lease is told at the next renewal', async () => {
  const store = memoryStore()
  let renew: () => void = () => undefined
  const clock = { now: () => 1_000_000, sleep: () => new Promise<void>((resolve) => (renew = resolve)) }
  const first = await takeLease({ store, owner: owner(1), clock, gone: () => false })
  const held = await store.get('lease')
  await store.put('lease', JSON.stringify({ owner: owner(2), until: 0 }), { ifMatch: held?.version ?? '' })
  const lost = new Promise<void>((resolve) => first.lost.addEventListener('abort', () => resolve()))
  renew()
  await lost
  expect(first.lost.reason).toMatchObject({ code: 'partial' })
})

test('a runner that may wait is told for whom, and goes on when the other has ended', async () => {
  const store = memoryStore()
  const first = await takeLease({ store, owner: owner(1), clock: never, gone: () => false })
  const waits: number[] = []
  const clock = {
    now: () => 1_000_000,
    async sleep(ms: number, signal?: AbortSignal) {
      // The pause of the one that waits, not the renewal of a lease.
      if (ms > 1_000) return never.sleep(ms, signal)
      waits.push(ms)
      if (waits.length === 3) await first.release()
    },
  }
  const told: number[] = []
  const second = await takeLease({
    ...{ store, owner: owner(2), clock, gone: () => false, waitMs: 60_000 },
    waiting: ({ pid }) => told.push(pid),
  })
  await second.release()
  expect(told).toEqual([1])
  expect(waits).toHaveLength(3)
})

test('runners on different parts of a release do not wait for each other', async () => {
  const store = memoryStore()
  const [one, two] = await Promise.all(
    ['east', 'west'].map((part, at) => takeLease({ store, owner: owner(at), clock: never, gone: () => false, part })),
  )
  await Promise.all([one?.release(), two?.release()])
})

test('a lease goes by the clock of its store: a runner ten minutes ahead takes none that is not over', async () => {
  let now = 1_000_000
  const store = memoryStore(undefined, () => now)
  const tenMinutes = 600_000
  const ahead = { ...never, now: () => 1_000_000 + tenMinutes }
  const behind = { ...never, now: () => 1_000_000 - tenMinutes }
  await takeLease({ store, owner: owner(1), clock: behind, gone: () => false })
  const second = () => takeLease({ store, owner: owner(2), clock: ahead, gone: () => false })
  await expect(second()).rejects.toMatchObject({ hint: expect.stringContaining('its lease ends in 120 s') })
  now += 119_999
  await expect(second()).rejects.toMatchObject({ code: 'conflict' })
  now += 1
  const taken = await second()
  // And one that is behind does not think it has long.
  await expect(takeLease({ store, owner: owner(3), clock: behind, gone: () => false })).rejects.toMatchObject({
    message: expect.stringContaining('process 2'),
  })
  await taken.release()
})

/** A clock whose sleeps end when the test says so. */
function steered() {
  let now = 1_000_000
  let wake: () => void = () => undefined
  return {
    clock: { now: () => now, sleep: () => new Promise<void>((resolve) => (wake = resolve)) },
    async pass(ms: number) {
      now += ms
      wake()
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    },
  }
}

test('a renewal that got no answer is none that was lost', async () => {
  const plain = memoryStore()
  let breaks: 'before' | 'after' | undefined
  const store = {
    ...plain,
    async put(...asked: Parameters<typeof plain.put>) {
      const how = breaks
      breaks = undefined
      if (how === 'before') throw new Error('reset')
      const put = await plain.put(...asked)
      if (how === 'after') throw new Error('reset')
      return put
    },
  }
  const { clock, pass } = steered()
  const lease = await takeLease({ store, owner: owner(1), clock, gone: () => false })
  for (const how of ['before', 'after'] as const) {
    breaks = how
    const held = await plain.get('lease')
    await pass(40_000)
    await pass(5_000)
    expect((await plain.get('lease'))?.version).not.toBe(held?.version)
    expect(lease.lost.aborted).toBe(false)
  }
})

test('whoever cannot reach the store stops before its term is over', async () => {
  const plain = memoryStore()
  let broken = false
  const store = {
    ...plain,
    put: (...asked: Parameters<typeof plain.put>) =>
      broken ? Promise.reject(new Error('no route')) : plain.put(...asked),
  }
  const { clock, pass } = steered()
  const lease = await takeLease({ store, owner: owner(1), clock, gone: () => false })
  broken = true
  await pass(40_000)
  for (let passed = 40_000; passed < 110_000; passed += 5_000) await pass(5_000)
  expect(lease.lost.aborted).toBe(false)
  await pass(5_000)
  expect(lease.lost.reason).toMatchObject({ code: 'partial', message: expect.stringContaining('no route') })
})
