import { DatabaseSync } from 'node:sqlite'
import { hasCode } from '../../core/error.ts'

/**
 * Takes an exclusive lock that the kernel lets go of when its holder dies, however it dies: a file lock, which Node
 * itself offers only through SQLite. Undefined when someone else holds it. Not for network file systems.
 */
export function takeLock(file: string): (() => void) | undefined {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (hasCode(error, 'ERR_SQLITE_ERROR')) return undefined
    throw error
  }
  return () => database.close()
}
