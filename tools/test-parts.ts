import { spawnSync } from 'node:child_process'
import { makeParts } from './parts.ts'

// `npm run test:parts [vitest arguments]`: in CI a part that cannot be had is a failure, elsewhere its tests are skipped.
const { numFailedTests } = await makeParts(process.env)
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.parts.config.ts', ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' })
process.exitCode = status || (process.env.CI === 'true' && numFailedTests > 0 ? 1 : 0)
