import { shortNameOf } from './short-name.ts'

/** One file or directory as FAT lists it. */
export interface FatEntry {
  readonly name: string
  readonly directory: boolean
  readonly readOnly: boolean
  readonly cluster: number
  readonly sizeBytes: number
  readonly modified: number
  readonly created: number
  /** Where the entry stands on the disk, which no other entry does. */
  readonly place: number
}

interface LongPart {
  readonly checksum: number
  readonly text: string
}

const attribute = { readOnly: 0x01, volume: 0x08, directory: 0x10, long: 0x0f } as const
const deleted = 0xe5
const lastOfLong = 0x40

/** Reads entries of 32 bytes, in pieces as they come. Microsoft FAT Specification, August 2005, sections 6 and 7 (2026-11) */
export function fatEntries(): (bytes: Buffer, place: number) => { entries: FatEntry[]; end: boolean } {
  let long: LongPart[] = []
  return (bytes, place) => {
    const entries: FatEntry[] = []
    for (let at = 0; at + 32 <= bytes.length; at += 32) {
      const raw = bytes.subarray(at, at + 32)
      const first = raw[0] ?? 0
      const flags = raw[11] ?? 0
      if (first === 0) return { entries, end: true }
      if (first === deleted) {
        long = []
      } else if ((flags & 0x3f) === attribute.long) {
        const part = { checksum: raw[13] ?? 0, text: textOf(raw) }
        long = (first & lastOfLong) !== 0 ? [part] : [...long.slice(0, 20), part]
      } else {
        if ((flags & attribute.volume) === 0) entries.push(entryOf(raw, longNameOf(long, raw), place + at))
        long = []
      }
    }
    return { entries, end: false }
  }
}

function entryOf(raw: Buffer, long: string | undefined, place: number): FatEntry {
  const flags = raw[11] ?? 0
  return {
    name: long ?? shortNameOf(raw),
    directory: (flags & attribute.directory) !== 0,
    readOnly: (flags & attribute.readOnly) !== 0,
    cluster: raw.readUInt16LE(26) + raw.readUInt16LE(20) * 65_536,
    sizeBytes: raw.readUInt32LE(28),
    modified: timeOf(raw.readUInt16LE(24), raw.readUInt16LE(22)),
    created: timeOf(raw.readUInt16LE(16), raw.readUInt16LE(14)) + (raw[13] ?? 0) * 10,
    place,
  }
}

/** Thirteen letters in three places. */
function textOf(raw: Buffer): string {
  return raw.toString('utf16le', 1, 11) + raw.toString('utf16le', 14, 26) + raw.toString('utf16le', 28, 32)
}

/** The long name, when its parts belong to this entry. */
function longNameOf(parts: readonly LongPart[], raw: Buffer): string | undefined {
  let checksum = 0
  for (const byte of raw.subarray(0, 11)) checksum = (((checksum & 1) << 7) + (checksum >> 1) + byte) & 0xff
  if (parts.length === 0 || parts.some((part) => part.checksum !== checksum)) return undefined
  const name = parts
    .map(({ text }) => text)
    .reverse()
    .join('')
    .replace(/[\0\uffff].*$/s, '')
    .toWellFormed()
  return name === '' || name.includes('/') ? undefined : name
}

/** Local time of no known zone, taken as UTC. */
function timeOf(date: number, time: number): number {
  if (date === 0) return 0
  return Date.UTC(1980 + (date >> 9), ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2)
}
