import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../src/actions/context.ts'
import { type Clock, systemClock } from '../src/core/clock.ts'
import type { SindriEvent } from '../src/core/events.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import type { RehearsalHere } from '../src/rehearsal/rehearsal.fixture.ts'

/** Waits are cut short: the stand-ins' clock moves with every request. */
const hurried: Clock = { now: systemClock.now, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 10), signal) }

/** A disk of 3 MiB and 100 bytes with something in the first, the third and the last block of 512 KiB. */
export function smallDisk(mark = 'one'): Buffer {
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 100)
  // The mark of a boot sector, by which a disk is known for one.
  bytes.writeUInt16BE(0x55aa, 510)
  bytes.fill(mark, 1024 * 1024 + 7, 1024 * 1024 + 1000)
  bytes.fill('end', bytes.length - 90)
  return bytes
}

/** Writes a disk and a config that publishes it as golden 1.4.2 on debian12; `release` goes over what is written there. */
export function writeRelease(folder: string, targets: object, release: object = {}, bytes: Buffer = smallDisk()): void {
  const config = {
    name: 'golden',
    release: {
      ...{ version: '1.4.2', os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi', targets },
      ...release,
    },
  }
  writeFileSync(join(folder, 'sindri.yaml'), JSON.stringify(config))
  writeFileSync(join(folder, 'disk.raw'), bytes)
}

/** A run in a rehearsal; another `home` is another machine, which has none of the records. */
export function contextIn(
  here: RehearsalHere,
  { home = 'state', emit = () => undefined }: { home?: string; emit?: (event: SindriEvent) => void } = {},
): Context {
  return {
    cwd: here.folder,
    environment: here.rehearsal.environment,
    home: join(here.folder, home),
    cache: join(here.folder, 'cache'),
    clock: hurried,
    signal: new AbortController().signal,
    emit,
    self: { version: '0', command: [], node: '', nodeVersion: '', bundle: '', assets: '' },
    processId: process.pid,
    hostName: 'here',
    rehearsal: here.rehearsal,
  }
}

/** Requests that could have changed something, by operation; `reads` tells those that could not. */
export function changingIn(here: RehearsalHere, reads: RegExp): readonly string[] {
  const asked = lastEntries(filesOf(here.places).journal, 10_000).map(({ operation }) => operation)
  return asked.filter((operation) => !reads.test(operation))
}
