#!/usr/bin/env node
// Runs the CLI on Node 24 or newer; on an older Node it hands over to the Node 24 that `npm ci` installs with a clone.
// On the first way nothing is imported that the CLI does not need: `node:fs` alone would add a tenth to the start-up.

const built = new URL('../dist/cli.js', import.meta.url)

const [word, ...more] = process.argv.slice(2)

if (more.length === 0 && (word === '--version' || word === '-V')) {
  const { readFileSync } = await import('node:fs')
  console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version)
} else if (Number.parseInt(process.versions.node, 10) >= 24) {
  process.getBuiltinModule('node:module').enableCompileCache()
  try {
    await import(built.href)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || error.url !== built.href) throw error
    await import('../src/cli.ts')
  }
} else {
  await handOver()
}

async function handOver() {
  const { existsSync } = await import('node:fs')
  const { spawn } = await import('node:child_process')
  const { fileURLToPath } = await import('node:url')
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(node)) {
    console.error(`Sindri needs Node 24 or newer, and this is Node ${process.versions.node} (${process.execPath})`)
    console.error('hint: install Node 24 (https://nodejs.org/en/download); in a clone, `npm ci` brings it along')
    process.exit(3)
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes; passing it on as well would count as pressing it twice.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`cannot run ${node}: ${error.message}`)
    process.exit(3)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
