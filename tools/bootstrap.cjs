'use strict'
// Runs one of the repository's tasks on a machine that may have nothing but some Node and npm:
//   node tools/bootstrap.cjs <task> [arguments]
// It brings the npm packages (among them Node 24, which then runs the task) and, for the tasks that rehearse with real
// parts, the Debian packages. SINDRI_NO_INSTALL=1 forbids both.
const { spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { ensureDebianPackages } = require('./debian-packages.cjs')

const root = path.join(__dirname, '..')
const tasks = {
  try: ['tools/try.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  'test:parts': ['tools/test-parts.ts'],
  parts: ['tools/parts.ts'],
  check: ['tools/check.ts'],
  bench: ['bench/bench.ts'],
  storm: ['storm/storm.ts'],
  build: ['tools/build.ts'],
}
const mayInstall = !process.env.SINDRI_NO_INSTALL

function stop(message, hint) {
  console.error(message)
  console.error(`hint: ${hint}`)
  process.exit(3)
}

/** Why `npm ci` has to run, or undefined when node_modules holds what package-lock.json says. */
function staleness() {
  const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages
  if (!fs.existsSync(path.join(root, 'node_modules/.package-lock.json'))) return 'they are not installed'
  const wanted = read('package-lock.json')
  const installed = read('node_modules/.package-lock.json')
  const stale = Object.keys(wanted).find((name) => {
    const here = installed[name]
    if (name === '' || (here === undefined && wanted[name].optional)) return false
    return here === undefined || here.version !== wanted[name].version
  })
  return stale && `${stale.replace(/^.*node_modules\//, '')} is not the one in package-lock.json`
}

function npm(args) {
  // npm_execpath is the npm that runs this script, if one does: the one on PATH may be another, or none.
  const self = process.env.npm_execpath
  const [command, first] = self && self.endsWith('.js') ? [process.execPath, [self]] : ['npm', []]
  return spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] }).status === 0
}

function installPackages() {
  const reason = staleness()
  if (reason === undefined) return
  if (!mayInstall) stop(`npm packages: ${reason}, and SINDRI_NO_INSTALL is set`, 'run `npm ci`')
  console.error(`installing the npm packages (${reason})`)
  if (!npm(['ci', '--no-audit', '--no-fund'])) stop('`npm ci` failed', 'see its output above')
}

function works(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return result.status === 0 && Number.parseInt(result.stdout.slice(1), 10) >= 24
}

/** The Node that runs the task. The `node` package fetches its binary in an install script, which npm may have skipped. */
function node24() {
  const folder = path.join(root, 'node_modules/node')
  const node = path.join(folder, 'bin/node')
  if (works(node)) return node
  if (works(process.execPath)) return process.execPath
  if (mayInstall) {
    console.error('fetching Node 24 (npm did not run the install script of the package `node`)')
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: ['ignore', 2, 2] })
    if (works(node)) return node
  }
  return stop(`no Node 24: ${node} does not run`, 'run `npm rebuild node --foreground-scripts`, or install Node 24')
}

/** Lets `npx sindri` in the clone mean this clone; npm links the executables of dependencies only. */
function linkSindri() {
  const link = path.join(root, 'node_modules/.bin/sindri')
  if (!fs.existsSync(link)) fs.symlinkSync('../../bin/sindri.js', link)
}

function main(task, args) {
  if (Number.parseInt(process.versions.node, 10) < 18) {
    stop(
      `this is Node ${process.versions.node}`,
      'install Node 18 or newer; it then fetches the Node 24 that Sindri runs on',
    )
  }
  const command = Object.hasOwn(tasks, task) ? tasks[task] : undefined
  if (command === undefined) {
    console.error(`no task '${task}'\nhint: the tasks are ${Object.keys(tasks).join(', ')}`)
    process.exit(2)
  }
  installPackages()
  const node = node24()
  linkSindri()
  if (task === 'try' || task === 'test:parts') {
    if (!ensureDebianPackages(task, mayInstall)) process.exit(3)
  }
  const result = spawnSync(node, [...command, ...args], { cwd: root, stdio: 'inherit' })
  if (result.signal) process.kill(process.pid, result.signal)
  process.exit(result.status === null ? 1 : result.status)
}

main(process.argv[2], process.argv.slice(3))
