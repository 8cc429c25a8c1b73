import { expect, test } from 'vitest'
import { costOf } from './cost.ts'
import prices from './prices.json' with { type: 'json' }

test("a usual build of the default machine costs what the guide's table says", () => {
  expect(costOf(prices, { cloud: 'aws', machine: 't3.large', diskGiB: 80 })).toEqual({
    build_usd: 0.0208,
    storage_usd_per_month: 4,
    prices_as_of: '2026-01',
  })
  expect(costOf(prices, { cloud: 'alibaba', machine: 'ecs.g6.xlarge', diskGiB: 80 })).toMatchObject({
    build_usd: 0.0375,
    storage_usd_per_month: 2.72,
  })
})

test('a machine without a price is not taken to be free; an image that was found is', () => {
  const image = { cloud: 'gcp', machine: 'z9-huge', diskGiB: 10 } as const
  expect(costOf(prices, image).build_usd).toBeUndefined()
  expect(costOf(prices, { ...image, minutes: 0 }).build_usd).toBe(0)
})

test('what was seen counts, not what is usual', () => {
  expect(costOf(prices, { cloud: 'aws', machine: 't3.xlarge', diskGiB: 10, minutes: 60 }).build_usd).toBe(0.1664)
})
