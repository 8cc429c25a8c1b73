import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { partsFolder } from './tools/parts-folder.ts'

// Tests against programs that are not ours, on this machine: one file at a time, since they share it.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/parts/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    env: { SINDRI_PARTS: partsFolder(process.env) },
  },
})

export default config
