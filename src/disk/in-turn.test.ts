import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield number
}

test('results come in the order of the things, whichever is done first, and no more are begun than allowed', async () => {
  const open: (() => void)[] = []
  let most = 0
  const given: number[] = []
  const work = (number: number): Promise<number> =>
    new Promise((resolve) => {
      open.push(() => resolve(number))
      most = Math.max(most, open.length)
      // The last begun is done first.
      if (open.length === 3 || number === 9) while (open.length > 0) open.pop()?.()
    })
  for await (const number of inTurn(numbers(10), 3, work)) given.push(number)
  expect(given).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(most).toBe(3)
})

test('one that fails before its turn is told in its turn, and nowhere else', async () => {
  const given: number[] = []
  const reading = (async () => {
    const work = (number: number): Promise<number> =>
      number === 1 ? Promise.reject(new Error('one')) : new Promise((resolve) => setImmediate(() => resolve(number)))
    for await (const number of inTurn(numbers(4), 3, work)) given.push(number)
  })()
  await expect(reading).rejects.toThrow('one')
  expect(given).toEqual([0])
})
