/** Works on several things at a time, at most `most`, and gives the results in the order of the things. */
export async function* inTurn<T, R>(
  things: AsyncIterable<T>,
  most: number,
  work: (thing: T) => Promise<R>,
): AsyncGenerator<R> {
  const waiting: Promise<R>[] = []
  for await (const thing of things) {
    const result = work(thing)
    // Its failure is met in its turn; until then it is nobody's.
    result.catch(() => undefined)
    waiting.push(result)
    if (waiting.length < most) continue
    const first = waiting.shift()
    if (first !== undefined) yield await first
  }
  for (const result of waiting) yield await result
}
