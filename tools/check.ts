import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStep } from './build.ts'
import { command, type Outcome, runSteps, type Step } from './step.ts'

const root = join(import.meta.dirname, '..')
const { values: flags } = parseArgs({
  options: {
    without: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
})

const steps: Readonly<Record<string, Step>> = {
  lint: npmTool('format and lint', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
  types: npmTool('types', 'typescript/bin/tsc', ['-p', '.']),
  unused: npmTool('unused files, exports and packages', 'knip/bin/knip.js', []),
  tests: npmTool('unit tests', 'vitest/vitest.mjs', ['run', '--reporter=dot']),
  shell: { title: 'shell scripts', run: shellcheck },
  build: buildStep(false),
  package: npmTool('what would be published', 'publint/src/cli.js', ['--strict']),
  startup: {
    title: 'start-up time',
    run: () => command([process.execPath, 'bench/bench.ts', '--startup'], { cwd: root }),
  },
}

const unknown = flags.without.filter((name) => !(name in steps))
if (unknown.length > 0) {
  console.error(`no step '${unknown.join("', '")}'\nhint: the steps are ${Object.keys(steps).join(', ')}`)
  process.exit(2)
}
const tally = await runSteps(
  Object.keys(steps).flatMap((name) => (flags.without.includes(name) ? [] : (steps[name] ?? []))),
)
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(tally))
process.exitCode = tally.numFailedTests === 0 ? 0 : 1

function npmTool(title: string, script: string, args: readonly string[]): Step {
  return { title, run: () => command([process.execPath, join(root, 'node_modules', script), ...args], { cwd: root }) }
}

async function shellcheck(): Promise<Outcome> {
  if ((await command(['shellcheck', '--version'])).state === 'failed') {
    const note = 'shellcheck is not installed; on Debian: apt-get install shellcheck'
    return { state: process.env.CI === 'true' ? 'failed' : 'skipped', note }
  }
  const folders = ['.ci', 'extensions', 'provision', 'src', 'test', 'tools']
  const scripts = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => file.endsWith('.sh') || /^#!.*\b(ba)?sh\b/.test(readFileSync(file, 'utf8').slice(0, 40))),
  )
  return { ...(await command(['shellcheck', ...scripts])), note: `${scripts.length} files` }
}
