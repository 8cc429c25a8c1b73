import { expect, test } from 'vitest'
import type { SindriEvent } from '../core/events.ts'
import type { Context } from './context.ts'
import { cloudsOf, eachCloud } from './each-cloud.ts'

function contextTelling(told: SindriEvent[]): Context {
  // Cast: nothing but `emit` is used.
  return { emit: (event: SindriEvent) => told.push(event) } as unknown as Context
}

test('a cloud that fails stops no other, and the outcomes come in the order asked for', async () => {
  const broken = new Error('no quota')
  const outcomes = await eachCloud(['aws', 'azure', 'gcp'], 0, contextTelling([]), async (cloud) => {
    if (cloud === 'azure') throw broken
    return cloud.toUpperCase()
  })
  expect(outcomes).toEqual([
    { cloud: 'aws', result: 'AWS' },
    { cloud: 'azure', error: broken },
    { cloud: 'gcp', result: 'GCP' },
  ])
})

test.each([
  [0, 4],
  [1, 1],
  [3, 3],
])('with %i at once %i run side by side', async (atOnce, most) => {
  let running = 0
  const seen: number[] = []
  const clouds = ['aws', 'azure', 'gcp', 'oci'] as const
  await eachCloud(clouds, atOnce, contextTelling([]), async () => {
    running += 1
    seen.push(running)
    await new Promise(setImmediate)
    running -= 1
  })
  expect(Math.max(...seen)).toBe(most)
  expect(seen).toHaveLength(clouds.length)
})

test('what is told names its cloud', async () => {
  const told: SindriEvent[] = []
  await eachCloud(['gcp'], 0, contextTelling(told), async (_cloud, { emit }) => {
    emit({ type: 'step', id: 'image', title: 'build golden', state: 'started' })
    emit({ type: 'warning', message: 'slow' })
    emit({ type: 'progress', id: 'image', phase: 'launching' })
  })
  expect(told).toEqual([
    { type: 'step', id: 'gcp/image', title: 'gcp: build golden', state: 'started' },
    { type: 'warning', message: 'gcp: slow' },
    { type: 'progress', id: 'gcp/image', phase: 'launching' },
  ])
})

test('all are the clouds this version works in; a flag that means another thing in each is refused', () => {
  expect(cloudsOf('all', {})).toContain('aws')
  expect(cloudsOf('all', {})).not.toContain('openstack')
  expect(() => cloudsOf(['aws', 'gcp'], { region: 'eu-west-1' })).toThrow('--region is another word in every cloud')
})
