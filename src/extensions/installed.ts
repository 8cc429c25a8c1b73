import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { hasCode } from '../core/error.ts'

/** Where this machine keeps what is known of its extensions. */
export interface MachinePlaces {
  readonly records: string
  readonly logs: string
}

/** Both survive the cleaning of an image; logs are emptied by it. */
export const machinePlaces: MachinePlaces = {
  records: '/var/lib/sindri/extensions',
  logs: '/var/log/sindri/extensions',
}

/** What is remembered of an installed extension. */
export interface InstalledRecord {
  readonly version: string
  /** Of the files it was installed from. */
  readonly digest: string
  readonly installed_at: string
}

const recordSchema: z.ZodMiniType<InstalledRecord> = z.object({
  version: z.string(),
  digest: z.string(),
  installed_at: z.string(),
})

/** The extensions installed on this machine by name; empty where none ever was. */
export function installedExtensions({ records }: MachinePlaces): ReadonlyMap<string, InstalledRecord> {
  let files: readonly string[] = []
  try {
    files = readdirSync(records).sort()
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
  return new Map(
    files
      .filter((file) => file.endsWith('.json'))
      .map((file) => [file.slice(0, -5), recordSchema.parse(JSON.parse(readFileSync(join(records, file), 'utf8')))]),
  )
}

/** Remembers that an extension is installed, readable by everybody. */
export function remember(name: string, record: InstalledRecord, { records }: MachinePlaces): void {
  mkdirSync(records, { recursive: true, mode: 0o755 })
  const file = join(records, `${name}.json`)
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o644 })
  renameSync(`${file}.new`, file)
}
