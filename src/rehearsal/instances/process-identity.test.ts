import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alive, identify, signal } from './process-identity.ts'

describe.skipIf(!existsSync('/proc/self/stat'))('process identity (needs /proc)', () => {
  test('a process is known until it ends, and another with its number is not it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const ended = once(child, 'exit')
    const identity = await identify(child.pid ?? 0)
    if (identity === undefined) throw new Error('the child has no identity')
    const impostor = { ...identity, startTime: `${Number(identity.startTime) + 1}` }
    expect(await alive(identity)).toBe(true)
    expect(await alive(impostor)).toBe(false)
    await signal(impostor, 'SIGKILL')
    expect(await alive(identity)).toBe(true)
    await signal(identity, 'SIGKILL')
    await ended
    expect(await alive(identity)).toBe(false)
    await signal(identity, 'SIGKILL')
  })
})
