#!/usr/bin/env node
// Runs the CLI on Node 24 or newer; on an older Node it hands over to the Node 24 that `npm ci` installs with a clone.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url))

if (Number.parseInt(process.versions.node, 10) >= 24) {
  const built = existsSync(pathOf('../dist/cli.js'))
  if (built) (await import('node:module')).enableCompileCache()
  await import(built ? '../dist/cli.js' : '../src/cli.ts')
} else if (existsSync(pathOf('../node_modules/node/bin/node'))) {
  const { spawn } = await import('node:child_process')
  const child = spawn(pathOf('../node_modules/node/bin/node'), process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes; passing it on as well would count as pressing it twice.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`cannot run ${pathOf('../node_modules/node/bin/node')}: ${error.message}`)
    process.exit(3)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
} else {
  console.error(`Sindri needs Node 24 or newer, and this is Node ${process.versions.node} (${process.execPath})`)
  console.error(
    'hint: install Node 24 (https://nodejs.org/en/download), or run `npm ci` in a clone, which brings it along',
  )
  process.exit(3)
}
