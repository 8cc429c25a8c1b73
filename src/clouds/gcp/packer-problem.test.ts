import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packerProblem } from './packer-problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'sindri-packer-problem-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A program with such a URL in it, over the border of what is read at once. */
function program(name: string, url: string): string {
  const path = join(folder, name)
  writeFileSync(
    path,
    Buffer.concat([Buffer.alloc(4 * 1024 * 1024 - 20, 'x'), Buffer.from(url), Buffer.alloc(100, 'x')]),
  )
  return path
}

test('an old Packer that would ask for an image in a form Google refuses is told of; others are not', async () => {
  const whole = program('whole', 'https://compute.googleapis.com/compute/v1/projects/')
  const cut = program('cut', 'https://compute.googleapis.com/compute/v1/https')
  expect(await packerProblem({ path: cut, version: '1.6.6' })).toMatchObject({ message: expect.stringContaining(cut) })
  expect(await packerProblem({ path: whole, version: '1.6.6' })).toBeUndefined()
  expect(await packerProblem({ path: cut, version: '1.15.1' })).toBeUndefined()
})
