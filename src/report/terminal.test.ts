import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SindriEvent } from '../core/events.ts'
import { elapsed, openTerminal } from './terminal.ts'

const csi = '\u001b['

// What a caller's shell says about colour is no part of these tests.
beforeEach(() => {
  for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS']) vi.stubEnv(name, undefined)
  vi.stubEnv('TERM', 'xterm-256color')
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** A stream that remembers what was written; a terminal when it says so. */
function stream(isTTY: boolean): { written(): string; readonly target: NodeJS.WriteStream } {
  const through = new PassThrough()
  const { getColorDepth } = WriteStream.prototype
  return {
    written: () => String(through.read() ?? ''),
    // Only these members of a terminal are used.
    target: Object.assign(through, { isTTY, columns: 60, getColorDepth }) as unknown as NodeJS.WriteStream,
  }
}

function show(
  events: readonly SindriEvent[],
  { tty = false, quiet = false, debug = false }: { tty?: boolean; quiet?: boolean; debug?: boolean } = {},
): string {
  const { target, written } = stream(tty)
  let now = 0
  const terminal = openTerminal({ stream: target, quiet, debug, now: () => (now += 1000) })
  for (const event of events) terminal.event(event)
  terminal.settle()
  return written()
}

const step = { type: 'step', id: 'copy/eu-west-1', title: 'copy golden to eu-west-1' } as const
const setting = { type: 'setting', id: 'readers/eu-west-1', from: 'private', to: 'user 111122223333' } as const
const warning = { type: 'warning', message: 'old Packer', hint: 'install a new one' } as const

test('without a terminal every step and phase is a plain line', () => {
  const text = show([
    { ...step, state: 'started' },
    { type: 'progress', id: step.id, phase: 'copying' },
    { type: 'progress', id: step.id, phase: 'copying' },
    { ...step, state: 'done' },
    { ...setting, change: 'made' },
  ])
  expect(text).not.toContain(csi)
  expect(text.replaceAll(/ \(\d+ s\)/g, '').split('\n')).toEqual([
    'copy golden to eu-west-1',
    '  copy/eu-west-1: copying',
    '✓ copy golden to eu-west-1',
    '✓ readers/eu-west-1: private → user 111122223333',
    '',
  ])
})

test('a terminal sees colour, unless NO_COLOR is set', () => {
  const events: readonly SindriEvent[] = [{ ...step, state: 'adopted' }, warning]
  expect(show(events, { tty: true })).toContain(`${csi}32m✓`)
  vi.stubEnv('NO_COLOR', '1')
  expect(show(events, { tty: true })).not.toContain(csi)
})

test('a terminal has a live line that never breaks, and that is gone before anything else is printed', () => {
  vi.useFakeTimers()
  const { target, written } = stream(true)
  const terminal = openTerminal({ stream: target, quiet: false, debug: false, now: () => 0 })
  terminal.event({ ...step, title: 'a title that is much too long for it '.repeat(4), state: 'started' })
  vi.advanceTimersByTime(130)
  const live = written()
  expect(live).toContain('a title that')
  expect(live).not.toContain('\n')
  expect(stripVTControlCharacters(live).length).toBeLessThan(60)
  terminal.line('the result')
  expect(written()).toBe(`\r${csi}2Kthe result\n`)
  terminal.event({ ...step, state: 'done' })
  written()
  vi.advanceTimersByTime(1000)
  expect(written()).toBe('')
})

test('how a step ends is told with what went wrong', () => {
  expect(show([{ ...step, state: 'failed', detail: 'AWS reports failed\nmore' }])).toBe(
    '✗ copy golden to eu-west-1: AWS reports failed\n',
  )
  expect(show([{ ...step, state: 'resumed' }])).toContain('going on with what an earlier run began')
  expect(show([{ ...step, state: 'cancelled' }])).toBe('– copy golden to eu-west-1: cancelled\n')
})

test('quiet leaves warnings; debug also tells of settings that were right', () => {
  const events: readonly SindriEvent[] = [
    { type: 'note', message: 'a note' },
    { ...step, state: 'adopted' },
    { ...setting, change: 'none' },
    warning,
  ]
  expect(show(events, { quiet: true })).toBe('Warning: old Packer\n  hint: install a new one\n')
  expect(show(events)).not.toContain('readers/')
  expect(show(events, { debug: true })).toContain('  readers/eu-west-1: user 111122223333\n')
})

test('durations are in seconds, and from a minute on in minutes', () => {
  expect([0, 7_400, 59_400, 60_000, 192_000].map(elapsed)).toEqual(['0 s', '7 s', '59 s', '1 min 0 s', '3 min 12 s'])
})
