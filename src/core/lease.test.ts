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
