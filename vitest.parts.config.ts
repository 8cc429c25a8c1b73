import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { partsFolder } from './tools/parts-folder.ts'

// Tests against programs that are not ours, on this machine: two files at a time, each with homes of its own. More would
// make them wait for each other, and waits have limits.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/parts/**/*.test.ts'],
    globalSetup: ['test/parts/setup.ts'],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    env: { SINDRI_PARTS: partsFolder(process.env) },
  },
})

export default config
