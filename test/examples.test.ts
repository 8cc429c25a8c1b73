import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../src/config/load.ts'
import { releaseOf } from '../src/config/release.ts'
import { resolve } from '../src/config/resolve.ts'

const root = join(import.meta.dirname, '..')
const examples = globSync('examples/**/sindri.yaml', { cwd: root }).sort()

test('every folder of examples holds a config', () => {
  expect(examples).toEqual(
    globSync('examples/*/', { cwd: root })
      .map((folder) => join(folder, 'sindri.yaml'))
      .sort(),
  )
})

test.each(examples)('%s is a config that could be built or published as it stands', (file) => {
  const config = loadConfig(readFileSync(join(root, file), 'utf8'), file)
  if (config.release === undefined)
    expect(resolve(config, {}, { env: {} }).imageName).toBe(config.providers?.packer?.image_name)
  else expect(releaseOf(config, {}).version).toBe(config.release.version)
})
