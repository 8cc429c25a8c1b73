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
  await store.put('lease', 'of another', { ifMatch: held?.version ?? '' })
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
