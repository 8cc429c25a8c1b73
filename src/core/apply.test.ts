import { expect, test } from 'vitest'
import { apply, unapply } from './apply.ts'
import type { SindriEvent } from './events.ts'
import { type FakeCloud, fakeCloud, instantClock, memoryStore } from './fake-cloud.fixture.ts'
import { type Plan, plan } from './plan.ts'
import { step } from './step.ts'
import type { Store } from './store.ts'

function options(
  planned: Plan,
  store: Store = memoryStore(),
  events: SindriEvent[] = [],
  signal = new AbortController().signal,
) {
  return {
    release: 'sindri-1',
    plan: planned,
    store,
    clock: instantClock(),
    signal,
    emit: (event: SindriEvent) => events.push(event),
  }
}

function release(cloud: FakeCloud): Plan {
  const image = cloud.thing('image')
  const east = cloud.thing('copy/east', { after: [image] })
  const west = cloud.thing('copy/west', { after: [image] })
  return plan([image, east, west], [cloud.visibility('image', 'team', [image, east, west])])
}

function crashAt(k: number): () => void {
  let writes = 0
  return () => {
    writes += 1
    if (writes > k) throw new Error('kill -9')
  }
}

for (const records of ['kept', 'deleted'] as const) {
  test(`stopped after any write and run again (records ${records}), everything exists once and is open as declared`, async () => {
    let crashes = 0
    for (let k = 0; k < 60; k++) {
      const die = crashAt(k)
      let dying = true
      const maybeDie = (): void => {
        if (dying) die()
      }
      const cloud = fakeCloud(maybeDie)
      const store = memoryStore(maybeDie)
      const crashed = await apply(options(release(cloud), store)).then(
        () => false,
        () => true,
      )
      if (crashed) {
        crashes += 1
        expect(cloud.visible.has('image') ? cloud.made.size : 3).toBe(3)
      }
      dying = false
      await apply(options(release(cloud), records === 'kept' ? store : memoryStore()))
      expect([...cloud.made.values()].map((one) => one.name).sort()).toEqual(['copy/east', 'copy/west', 'image'])
      expect(cloud.visible.get('image')).toBe('team')
    }
    expect(crashes).toBeGreaterThan(15)
  })
}

test('a thing that was removed behind our back is made again', async () => {
  const cloud = fakeCloud()
  const store = memoryStore()
  await apply(options(release(cloud), store))
  cloud.made.clear()
  await apply(options(release(cloud), store))
  expect(cloud.made.size).toBe(3)
})

test('a second run changes nothing and says so', async () => {
  const cloud = fakeCloud()
  const store = memoryStore()
  await apply(options(release(cloud), store))
  const events: SindriEvent[] = []
  await apply(options(release(cloud), store, events))
  expect(events.filter((event) => event.type === 'step').map((event) => event.state)).toEqual([
    'adopted',
    'adopted',
    'adopted',
  ])
  expect(events.filter((event) => event.type === 'setting').map((event) => event.change)).toEqual(['none'])
})

test('what exists under our name but was made from something else is neither adopted nor replaced', async () => {
  const cloud = fakeCloud()
  cloud.made.set('foreign', { name: 'image', digest: 'other' })
  await expect(apply(options(release(cloud)))).rejects.toMatchObject({ code: 'conflict' })
  expect([...cloud.made.keys()]).toEqual(['foreign'])
})

test('a failed required step leaves nothing visible, and the next run tries again', async () => {
  let broken = true
  const cloud = fakeCloud()
  const build = (): Plan => {
    const image = cloud.thing('image')
    const copy = cloud.thing('copy', { after: [image], fails: () => broken })
    return plan([image, copy], [cloud.visibility('image', 'team', [image])])
  }
  const store = memoryStore()
  await expect(apply(options(build(), store))).rejects.toMatchObject({
    code: 'failed',
    message: 'make copy: the cloud said no',
  })
  expect(cloud.visible.size).toBe(0)
  broken = false
  await apply(options(build(), store))
  expect(cloud.made.size).toBe(2)
  expect(cloud.visible.get('image')).toBe('team')
})

test('several failures are told together, as what all of them are', async () => {
  const foreign = fakeCloud()
  for (const name of ['image', 'other']) foreign.made.set(name, { name, digest: 'another' })
  const both = plan([foreign.thing('image'), foreign.thing('other')], [])
  await expect(apply(options(both))).rejects.toMatchObject({ code: 'conflict', complaints: [{}, {}] })

  const cloud = fakeCloud()
  cloud.made.set('foreign', { name: 'image', digest: 'another' })
  const mixed = plan([cloud.thing('image'), cloud.thing('copy', { fails: () => true })], [])
  await expect(apply(options(mixed))).rejects.toMatchObject({ code: 'failed', complaints: [{}, {}] })
})

test('a failed best-effort step is reported and does not hold back the rest', async () => {
  const cloud = fakeCloud()
  const image = cloud.thing('image')
  const copy = cloud.thing('copy', { after: [image], fails: () => true, bestEffort: true })
  const applied = await apply(options(plan([image, copy], [cloud.visibility('image', 'team', [image])])))
  expect(applied.failures.map((failure) => failure.id)).toEqual(['copy'])
  expect(cloud.visible.get('image')).toBe('team')
})

test('cancelled before it begins, nothing is made', async () => {
  const cloud = fakeCloud()
  const signal = AbortSignal.abort(new Error('stop'))
  await expect(apply(options(release(cloud), memoryStore(), [], signal))).rejects.toThrow('stop')
  expect(cloud.made.size).toBe(0)
})

test('undone, nothing is left, and the same release can be made again', async () => {
  const cloud = fakeCloud()
  const store = memoryStore()
  await apply(options(release(cloud), store))
  await unapply(options(release(cloud), store))
  expect(cloud.made.size).toBe(0)
  await apply(options(release(cloud), store))
  expect(cloud.made.size).toBe(3)
})

test('two runners at once make one of each', async () => {
  const cloud = fakeCloud()
  const store = memoryStore()
  await Promise.allSettled([apply(options(release(cloud), store)), apply(options(release(cloud), store))])
  await apply(options(release(cloud), store))
  expect(cloud.made.size).toBe(3)
})

test('what is soon done is soon noticed, and what takes long is not asked about all the time', async () => {
  const clock = instantClock()
  const began = clock.now()
  const asked: number[] = []
  const slow = step<string, string>('slow', {
    ...{ title: 'slow', digest: 'd', pollEveryMs: 5_000, find: async () => undefined, start: async () => 'handle' },
    async poll() {
      asked.push(clock.now() - began)
      return clock.now() - began < 20_000 ? { busy: 'copying' } : { done: 'out' }
    },
  })
  await apply({ ...options(plan([slow], [])), clock })
  expect(asked).toEqual([0, 500, 1_500, 3_500, 7_500, 12_500, 17_500, 22_500])
})
