import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

/** One JSON document that survives kill -9: every save replaces the file whole. */
export interface Store<T> {
  readonly value: T
  save(): void
}

/** Opens the document, or begins with `initial`. One process at a time. */
export function openStore<T>(file: string, initial: T): Store<T> {
  const value = readStore<T>(file) ?? initial
  return {
    value,
    save: () => {
      const descriptor = openSync(`${file}.new`, 'w', 0o600)
      try {
        writeSync(descriptor, JSON.stringify(value))
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(`${file}.new`, file)
    },
  }
}

/** Reads what another process saved; undefined when nothing was. */
export function readStore<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined // only openStore writes it
}
