import { mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, SindriError } from './error.ts'
import type { Store } from './store.ts'

/** File systems where SQLite's locks do not hold: NFS, SMB, CIFS, SMB2 (linux/magic.h). */
const networkFileSystems: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42])

/** How long a writer waits for another process. SQLite's own default is not at all, and loses writes. */
const busyTimeoutMs = 10_000

/** What to do about what SQLite reports, by its primary result code. https://sqlite.org/rescode.html (2026-11) */
const hints: Readonly<Record<number, string>> = {
  8: 'it has to be writable; SINDRI_HOME names another folder',
  11: 'it is damaged: move it away; what was made is found again in the clouds',
  13: 'free some room, and run the same command again: it goes on where this one stopped',
  14: 'its folder has to be writable; SINDRI_HOME names another one',
  26: 'it is damaged: move it away; what was made is found again in the clouds',
}

/**
 * Opens the records of one release, making the file (0600 by its 0700 folder) when absent.
 * @throws SindriError `prerequisite` when they cannot be read or written, also later on
 */
export function openSqliteStore(file: string): Store {
  try {
    return open(file, (call) => {
      try {
        return call()
      } catch (error) {
        throw unusable(file, error)
      }
    })
  } catch (error) {
    throw unusable(file, error)
  }
}

function unusable(file: string, error: unknown): unknown {
  if (error instanceof SindriError) return error
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  const hint = code === undefined ? 'SINDRI_HOME names another folder' : hints[code]
  return new SindriError('prerequisite', `the records in ${file}: ${messageOf(error)}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  })
}

function open(file: string, told: <T>(call: () => T) => T): Store {
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (networkFileSystems.has(statfsSync(folder).type)) {
    throw new SindriError('prerequisite', `${folder} is on a network file system, where records can be lost`, {
      hint: 'set SINDRI_HOME to a folder on a local disk',
    })
  }
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  // What is committed outlives a killed process; the last of it may be lost with the machine's power, as all records may:
  // then what was begun is found again in the cloud. To wait for the disk each time takes three times the processor time.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  database.exec(
    'CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL)',
  )
  const read = database.prepare('SELECT value, version FROM record WHERE key = ?')
  const insert = database.prepare('INSERT INTO record VALUES (?, ?, 1) ON CONFLICT DO NOTHING')
  const update = database.prepare('UPDATE record SET value = ?, version = version + 1 WHERE key = ? AND version = ?')
  const keys = database.prepare('SELECT key FROM record WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key')
  return {
    async get(key) {
      const row = told(() => read.get(key))
      return row === undefined ? undefined : { value: String(row['value']), version: String(row['version']) }
    },
    async put(key, value, condition) {
      if ('ifAbsent' in condition) return told(() => insert.run(key, value)).changes === 1 ? '1' : undefined
      const version = Number(condition.ifMatch)
      return told(() => update.run(value, key, version)).changes === 1 ? String(version + 1) : undefined
    },
    async list(prefix) {
      return told(() => keys.all(prefix)).map((row) => String(row['key']))
    },
    now: async () => Date.now(),
    close: () => database.close(),
  }
}
