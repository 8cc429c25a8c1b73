import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, kill } from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alive, cancelPacker, type Handle, killLeftovers, startPacker } from './run.ts'
import { watchPacker } from './watch.ts'

let folder: string
let handles: Handle[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-run-'))
  handles = []
})
afterEach(async () => {
  handles.forEach(killLeftovers)
  // A leader that found the run claimed may still be removing its own file.
  await rm(folder, { recursive: true, maxRetries: 10 })
})

/** Runs a shell script in the place of Packer. */
async function start(script: string, ...args: readonly string[]): Promise<Handle> {
  const handle = await startPacker({
    path: '/bin/sh',
    arguments: ['-c', script, 'packer', ...args],
    folder,
    env: { PATH: '/usr/bin:/bin', SECRET: 'in the environment' },
    log: join(folder, 'packer.log'),
  })
  handles.push(handle)
  return handle
}

/** A script that waits to be ended, and says when it is ready; with the number of the process that waits. */
const waiting = 'echo "1,,ui,say,ready $$"; while :; do sleep 0.05; done'

function pidIn(line: string): number {
  return Number(/ready (\d+)/u.exec(line)?.[1])
}

function exists(pid: number): boolean {
  try {
    return kill(pid, 0)
  } catch {
    return false
  }
}

/** Follows a run and does something once it is ready. */
function watchAnd(handle: Handle, whenReady: (pid: number) => unknown): ReturnType<typeof watchPacker> {
  return watchPacker(handle, {
    pollMs: 10,
    onLine: (line) => {
      if (line.includes('ready')) whenReady(pidIn(line))
    },
  })
}

test('a run is followed to its end: output, exit code and arguments as given', async () => {
  const handle = await start(
    'printf "1,,ui,say,%s\\n" "$@"; echo "x.y,error,oops" >&2; printf "no newline"; exit 3',
    'a b',
    '$(id)',
  )
  const lines: string[] = []
  const { exitCode } = await watchPacker(handle, { pollMs: 10, onLine: (line) => lines.push(line) })
  expect(exitCode).toBe(3)
  expect(lines).toEqual(['1,,ui,say,a b', '1,,ui,say,$(id)', 'x.y,error,oops', 'no newline'])
  expect(alive(handle)).toBe(false)
})

test('logs can be read by their owner only, also when they were there before', async () => {
  await writeFile(join(folder, 'packer.log'), '', { mode: 0o644 })
  const handle = await start('true')
  await watchPacker(handle, { pollMs: 10 })
  expect((await stat(handle.log)).mode & 0o777).toBe(0o600)
})

test('however often and by however many a run is started, it runs once', async () => {
  const started = await Promise.all([1, 2, 3, 4].map(() => start('echo "ran"; exit 4')))
  expect(new Set(started.map(({ pid, startedAt }) => `${pid} ${startedAt}`)).size).toBe(1)
  for (const handle of started) await watchPacker(handle, { pollMs: 10 })
  const { exitCode, state } = await watchPacker(await start('echo "ran"'), { pollMs: 10 })
  expect(exitCode).toBe(4)
  expect(state.recent).toEqual(['ran'])
})

test('a run is found again by its handle, and followed from the beginning', async () => {
  const handle = await start('echo "1,,ui,say,==> x: Connected to SSH!"')
  await watchPacker(handle, { pollMs: 10 })
  const { exitCode, state } = await watchPacker(JSON.parse(JSON.stringify(handle)))
  expect(exitCode).toBe(0)
  expect(state.phase).toBe('connected')
})

test('a run goes on when the process that started it is killed', async () => {
  const program = `
    import { startPacker } from ${JSON.stringify(new URL('./run.ts', import.meta.url).href)}
    import { kill, pid } from 'node:process'
    const handle = await startPacker(${JSON.stringify({
      path: '/bin/sh',
      arguments: ['-c', 'read -r line <go; echo "went on: $line"; exit 7'],
      folder,
      env: { PATH: '/usr/bin:/bin' },
      log: join(folder, 'packer.log'),
    })})
    console.log(JSON.stringify(handle))
    kill(pid, 'SIGKILL')`
  execFileSync('mkfifo', [join(folder, 'go')])
  await writeFile(join(folder, 'start.ts'), program)
  const started = execFileSync('/bin/sh', ['-c', '"$@" || true', 'sh', execPath, join(folder, 'start.ts')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const handle: Handle = JSON.parse(started)
  handles.push(handle)
  expect(alive(handle)).toBe(true)
  await writeFile(join(folder, 'go'), 'yes\n')
  const { exitCode, state } = await watchPacker(handle, { pollMs: 10 })
  expect(exitCode).toBe(7)
  expect(state.recent).toEqual(['went on: yes'])
})

test('a cancelled run is interrupted once, by however many, and may clean up', async () => {
  const cleaning = 'trap "echo interrupted; left=10" INT; echo ready'
  const handle = await start(
    `${cleaning}; while [ "\${left:=99}" -gt 0 ]; do sleep 0.02; left=$((left - 1)); done; exit 1`,
  )
  const cancelled: Promise<string>[] = []
  const { exitCode, state } = await watchPacker(handle, {
    pollMs: 10,
    onLine: () => cancelled.push(cancelPacker(handle, { pollMs: 10 })),
  })
  expect(await Promise.all(cancelled)).toEqual(['stopped', 'stopped'])
  expect(exitCode).toBe(1)
  expect(state.recent).toEqual(['ready', 'interrupted'])
})

test('a run that ignores the interrupt is killed after the deadline', async () => {
  const handle = await start(`trap "" INT; ${waiting}`)
  let cancelled: Promise<string> | undefined
  const { exitCode } = await watchAnd(handle, () => {
    cancelled = cancelPacker(handle, { deadlineMs: 50, pollMs: 10 })
  })
  expect(await cancelled).toBe('killed')
  expect(exitCode).toBeUndefined()
})

test('a killed Packer has no exit code', async () => {
  const handle = await start(waiting)
  const { exitCode } = await watchAnd(handle, (pid) => kill(pid, 'SIGKILL'))
  expect(exitCode).toBeUndefined()
})

test('a Packer whose leader was killed is still alive, and watched until it ends', async () => {
  execFileSync('mkfifo', [join(folder, 'go')])
  const handle = await start('echo ready; read -r line <go; echo "done"')
  const ended = watchAnd(handle, () => kill(handle.pid, 'SIGKILL'))
  await expect.poll(() => exists(handle.pid), { timeout: 10_000 }).toBe(false)
  expect(alive(handle)).toBe(true)
  await writeFile(join(folder, 'go'), 'x\n')
  const { exitCode, state } = await ended
  expect(exitCode).toBeUndefined()
  expect(state.recent).toEqual(['ready', 'done'])
})

test('what outlives its Packer is ended', async () => {
  const handle = await start('sleep 600 & exit 0')
  const { exitCode } = await watchPacker(handle, { pollMs: 10, leftoverMs: 0 })
  expect(exitCode).toBe(0)
  expect(alive(handle)).toBe(false)
})

test('Packer’s own detailed log goes to a file of its own', async () => {
  const debugLog = join(folder, 'debug.log')
  const log = join(folder, 'packer.log')
  const script = ['-c', 'echo "detail $PACKER_LOG" >>"$PACKER_LOG_PATH"']
  const handle = await startPacker({ path: '/bin/sh', arguments: script, folder, env: {}, log, debugLog })
  await watchPacker(handle, { pollMs: 10 })
  expect(await readFile(debugLog, 'utf8')).toBe('detail 1\n')
  expect((await stat(debugLog)).mode & 0o777).toBe(0o600)
})

test('another process with the same number is not taken for the run', async () => {
  const handle = await start(waiting)
  const stranger = { ...handle, startedAt: 'an earlier boot 1' }
  let cancelled: Promise<string> | undefined
  await watchAnd(handle, () => {
    expect(alive(stranger)).toBe(false)
    cancelled = cancelPacker(stranger)
    expect(alive(handle)).toBe(true)
    killLeftovers(handle)
  })
  expect(await cancelled).toBe('stopped')
})

test('watching can stop without stopping the run', async () => {
  const handle = await start(waiting)
  const stop = new AbortController()
  const watched = watchPacker(handle, { signal: stop.signal, pollMs: 10, onLine: () => stop.abort() })
  await expect(watched).rejects.toMatchObject({ code: 'cancelled' })
  expect(alive(handle)).toBe(true)
})

test('a folder that does not exist is named', async () => {
  const log = join(folder, 'packer.log')
  const started = startPacker({ path: '/bin/true', arguments: [], folder: '/does/not/exist', env: {}, log })
  await expect(started).rejects.toThrow('cannot start /bin/true in /does/not/exist')
})
