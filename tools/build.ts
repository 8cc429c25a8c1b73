import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { command, type Outcome, runSteps, type Step } from './step.ts'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'node_modules/.cache/sindri/built')

/** Makes dist/ from src/; `ifStale` only when src/, the lock file or the build itself changed since. */
export function buildStep(ifStale: boolean): Step {
  return { title: 'build', run: () => build(ifStale) }
}

async function build(ifStale: boolean): Promise<Outcome> {
  const wanted = inputs()
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (ifStale && built === wanted && existsSync(join(root, 'dist/cli.js'))) return { state: 'ok', note: 'up to date' }

  rmSync(stamp, { force: true })
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const outcome = await command([process.execPath, 'node_modules/tsdown/dist/run.mjs'], { cwd: root })
  if (outcome.state === 'ok') {
    mkdirSync(dirname(stamp), { recursive: true })
    writeFileSync(stamp, wanted)
  }
  return outcome
}

function inputs(): string {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
  const others = ['package.json', 'package-lock.json', 'tsdown.config.ts', 'tools/licenses.ts']
  const hash = createHash('sha256')
  for (const file of [...sources, ...others.map((name) => join(root, name))].sort()) {
    hash.update(file).update('\0').update(readFileSync(file))
  }
  return hash.digest('hex')
}

if (import.meta.main) {
  const { numFailedTests } = await runSteps([buildStep(false)])
  process.exitCode = numFailedTests === 0 ? 0 : 1
}
