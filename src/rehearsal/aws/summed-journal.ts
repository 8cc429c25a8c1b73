import type { JournalEntry } from '../kit/journal.ts'

/** A journal that does not grow with the bytes that are moved. */
export interface SummedJournal {
  entry(entry: JournalEntry): void
  /**
   * One of many alike. The first is written down at once; those that follow are counted, and written as one entry
   * before anything else is, with their number and their bytes among the parameters.
   */
  oneOfMany(entry: JournalEntry, bytes: number): void
}

interface Sum {
  readonly entry: JournalEntry
  count: number
  bytes: number
}

const longestRun = 1000

/** Sums up what is alike in operation, region and `parameters`. */
export function openSummedJournal(write: (entry: JournalEntry) => void): SummedJournal {
  const sums = new Map<string, Sum>()

  function settle(sum: Sum): void {
    if (sum.count === 0) return
    const { entry, count, bytes } = sum
    write({ ...entry, parameters: { ...(entry.parameters as object), Blocks: count, Bytes: bytes } })
    sum.count = 0
    sum.bytes = 0
  }

  return {
    entry(entry) {
      for (const sum of sums.values()) settle(sum)
      sums.clear()
      write(entry)
    },
    oneOfMany(entry, bytes) {
      const key = JSON.stringify([entry.operation, entry.region, entry.parameters])
      const known = sums.get(key)
      const sum = { entry, count: (known?.count ?? 0) + 1, bytes: (known?.bytes ?? 0) + bytes }
      if (known === undefined || sum.count >= longestRun) settle(sum)
      sums.set(key, sum)
    },
  }
}
