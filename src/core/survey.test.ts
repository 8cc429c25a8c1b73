import { expect, test } from 'vitest'
import { apply } from './apply.ts'
import { fakeCloud, instantClock, memoryStore } from './fake-cloud.fixture.ts'
import { plan } from './plan.ts'
import { survey } from './survey.ts'

const clock = instantClock()
const { signal } = new AbortController()

function release(cloud: ReturnType<typeof fakeCloud>, digest?: string) {
  const image = cloud.thing('image', digest === undefined ? {} : { digest })
  const copy = cloud.thing('copy', { after: [image] })
  return plan([image, copy], [cloud.visibility('image', 'team', [image, copy])])
}

test('a survey tells what exists and what differs, and changes nothing', async () => {
  const cloud = fakeCloud(() => {
    throw new Error('something was written')
  })
  const seen = await survey({ plan: release(cloud), clock, signal })
  expect(seen.steps.map(({ id, state }) => `${id} ${state}`)).toEqual(['image missing', 'copy missing'])
  expect(seen.settings).toMatchObject([{ id: 'visible/image', want: 'team', have: undefined }])
})

test('after an apply everything exists as it is wanted; what was opened otherwise is told', async () => {
  const cloud = fakeCloud()
  const planned = release(cloud)
  await apply({ release: 'r', plan: planned, store: memoryStore(), clock, signal, emit: () => undefined })
  const clean = await survey({ plan: planned, clock, signal })
  expect(clean.steps.map(({ state }) => state)).toEqual(['exists', 'exists'])
  expect(clean.settings).toMatchObject([{ want: 'team', have: 'team' }])
  cloud.visible.set('image', 'everybody')
  expect((await survey({ plan: planned, clock, signal })).settings).toMatchObject([{ have: 'everybody' }])
})

test('what was made from something else is foreign', async () => {
  const cloud = fakeCloud()
  const made = release(cloud)
  await apply({ release: 'r', plan: made, store: memoryStore(), clock, signal, emit: () => undefined })
  const seen = await survey({ plan: release(cloud, 'another'), clock, signal })
  expect(seen.steps.map(({ id, state }) => `${id} ${state}`)).toEqual(['image foreign', 'copy exists'])
})
