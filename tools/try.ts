import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildStep } from './build.ts'
import { runSteps } from './step.ts'

// `npm run try [arguments]`: the guided tour of a rehearsal, by the built CLI as a user would have it.
const { numFailedTests } = await runSteps([buildStep(true)])
if (numFailedTests > 0) process.exit(1)
const cli = join(import.meta.dirname, '../bin/sindri.js')
const { status } = spawnSync(process.execPath, [cli, 'try', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
