import { spawnSync } from 'node:child_process'
import { pid } from 'node:process'
import { expect, test } from 'vitest'
import { ownerGone, processGone } from './owner.ts'

const { pid: ended } = spawnSync(process.execPath, ['--version'])
const owner = (pid: number, machine?: string) => ({ host: 'runner', pid, nonce: '', ...(machine && { machine }) })

test('a process of this host that has ended is gone', () => {
  expect(processGone('runner')(owner(ended))).toBe(true)
  expect(processGone('runner')(owner(pid))).toBe(false)
  expect(processGone('another')(owner(ended))).toBe(false)
})

test('of a machine that only has the same host name nothing is known', () => {
  expect(ownerGone('boot pid:[1]')(owner(ended, 'boot pid:[1]'))).toBe(true)
  expect(ownerGone('boot pid:[1]')(owner(pid, 'boot pid:[1]'))).toBe(false)
  for (const [here, there] of [
    ['boot pid:[1]', 'boot pid:[2]'],
    ['boot pid:[1]', undefined],
    [undefined, undefined],
  ])
    expect(ownerGone(here)(owner(ended, there))).toBe(false)
})
