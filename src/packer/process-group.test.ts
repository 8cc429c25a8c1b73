import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath, kill } from 'node:process'
import { expect, test } from 'vitest'
import { groupFrom, groupRuns, introduction } from './process-group.ts'

const leader = `text=$(${introduction}); echo "$text"; exec sleep 600`

/** Starts the leader and then never asks how it ended. */
const careless = `
  const stdio = ['ignore', 'inherit', 'ignore']
  require('node:child_process').spawn('/bin/sh', ['-c', ${JSON.stringify(leader)}], { detached: true, stdio })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`

test('a group runs until its last process ends, also where nobody collects the dead', async () => {
  const parent = spawn(execPath, ['-e', careless], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [text] = await once(parent.stdout, 'data')
    const group = groupFrom(String(text))
    expect(groupRuns(group)).toBe(true)
    expect(groupRuns({ ...group, startedAt: `${group.startedAt}1` })).toBe(false)
    kill(group.pid, 'SIGKILL')
    await expect.poll(() => groupRuns(group), { timeout: 10_000 }).toBe(false)
    // Its number is still taken.
    expect(kill(group.pid, 0)).toBe(true)
  } finally {
    parent.kill('SIGKILL')
  }
})
