import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** One request to a stand-in, as remembered. Holds no secrets: what a stand-in lets through, and no headers. */
export interface JournalEntry {
  /** ISO 8601. */
  readonly at: string
  readonly cloud: string
  readonly region: string
  readonly operation: string
  readonly status: number
  /** The vendor's error code, and its message. */
  readonly error?: string
  readonly message?: string
  readonly parameters?: unknown
}

/** Appends an entry as a line of JSON. */
export function record(file: string, entry: JournalEntry): void {
  appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
}

/** The last `count` entries, oldest first. A line cut short by a crash is left out. */
export function lastEntries(file: string, count: number): readonly JournalEntry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.slice(-count).flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalEntry] // only `record` writes the file
    } catch {
      return []
    }
  })
}
