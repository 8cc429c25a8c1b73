/**
 * Keeps the `most` values last asked for, each under a number; one that is not there is loaded. What fails to load is
 * not kept.
 */
export function remember<T>(most: number): (key: number, load: () => Promise<T>) => Promise<T> {
  const kept = new Map<number, Promise<T>>()

  function keep(key: number, value: Promise<T>): Promise<T> {
    kept.delete(key)
    kept.set(key, value)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    return value
  }

  return (key, load) => {
    const found = kept.get(key)
    if (found !== undefined) return keep(key, found)
    const loading = load()
    loading.catch(() => {
      if (kept.get(key) === loading) kept.delete(key)
    })
    return keep(key, loading)
  }
}
