import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { familyOf, packerVersion } from './version.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-version-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A program that counts how often it is asked. */
async function install(name: string, output: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\necho asked >>${folder}/asked\necho "${output}"\n`)
  await chmod(path, 0o755)
  return path
}

function find(path?: string): ReturnType<typeof packerVersion> {
  const env = { PATH: `/does/not/exist:${folder}` }
  return packerVersion({ ...(path === undefined ? {} : { path }), env, cacheFolder: join(folder, 'cache') })
}

test('Packer is found on PATH and asked for its version once, until it changes', async () => {
  const path = await install('packer', 'Packer v1.15.1\n\nYour version of Packer is out of date!')
  expect(await find()).toEqual({ path, version: '1.15.1', plugins: true })
  expect(await find()).toEqual({ path, version: '1.15.1', plugins: true })
  expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('asked\n')
  await install('packer', 'Packer v1.6.6')
  expect(await find()).toEqual({ path, version: '1.6.6', plugins: false })
})

test('another program can be named by its path or its name', async () => {
  const path = await install('packer-next', 'Packer v2.0.0')
  expect(await find(path)).toMatchObject({ path, version: '2.0.0' })
  expect(await find('packer-next')).toMatchObject({ path })
})

test('a missing Packer is told with the way to install it', async () => {
  await expect(find()).rejects.toMatchObject({
    code: 'prerequisite',
    message: 'Packer is not installed',
    hint: expect.stringContaining('https://developer.hashicorp.com/packer/install'),
  })
  await expect(find('./none')).rejects.toThrow('none is not a program that can be run')
  await expect(find('packer-next')).rejects.toThrow('there is no program packer-next on PATH')
})

test('another program of the same name is not taken for Packer', async () => {
  await install('packer', '0 0')
  await expect(find()).rejects.toThrow(`${folder}/packer is not HashiCorp Packer`)
})

test('a damaged cache costs only time', async () => {
  await install('packer', 'Packer v1.9.0')
  await find()
  await writeFile(join(folder, 'cache', 'packer-versions.json'), '{"')
  expect((await find()).version).toBe('1.9.0')
})

test('1.6.6 and everything from 1.9 on is supported, nothing else', () => {
  expect(familyOf('1.6.6')).toBe('bundled')
  expect(['1.9.0', '1.10.0', '1.15.1', '2.0.0'].map(familyOf)).toEqual(Array(4).fill('plugins'))
  for (const version of ['1.5.6', '1.6.5', '1.7.0', '1.8.7']) {
    expect(() => familyOf(version)).toThrow(`Packer ${version} is not supported: it must be 1.9.0 or later`)
  }
})
