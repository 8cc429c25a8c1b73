import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import { down, type Places, type Status, status } from '../../src/rehearsal/index.ts'
import { makeBase, openMachines } from '../../src/rehearsal/instances/index.ts'
import { partsFolder } from '../../tools/parts-folder.ts'

/** How a command ended and what it printed. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The CLI over a home and a working folder of its own, with the rehearsal that it starts there. */
export interface Sindri {
  readonly home: string
  /** Where commands run, and where `sindri.yaml` is looked for. */
  readonly folder: string
  run(...words: readonly string[]): Promise<Outcome>
  /** Like `run`, and also tells the process that was started. */
  start(...words: readonly string[]): { readonly pid: number; readonly ended: Promise<Outcome> }
  /** The document that a command prints with `--json`; fails when the command does. */
  json<T>(...words: readonly string[]): Promise<T>
  /** Writes the `sindri.yaml` of an image named golden with this section `providers.packer`, in place of any before. */
  configure(packer: object): Promise<void>
  /** Writes the `sindri.yaml` that publishes debian.raw as golden 1.4.2 to these targets, in place of any before. */
  release(targets: object): Promise<void>
  /** Puts a finished Debian into the folder as debian.raw: a file of its own, with its holes. */
  putDebian(): Promise<void>
  /** Lets the rehearsal refuse what this policy, in the form of its cloud, does not allow. */
  enforce(policy: unknown): Promise<void>
  /** What a rehearsed build made; fails when the build does. */
  build(...words: readonly string[]): Promise<BuildResult>
  /** How often the rehearsal was asked for an operation: among the last thousand requests, which `status` tells. */
  requested(operation: string): Promise<number>
  status(): Promise<Status>
  /** Ends the rehearsal, removes all folders, and returns what this machine still holds of them: nothing, if all is well. */
  close(): Promise<readonly string[]>
}

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri')

/** The Packer of `npm run parts` with its plugins: variables to put before those of this process. */
export function currentPacker(): Record<string, string> | undefined {
  const folder = partsFolder(process.env)
  if (!existsSync(join(folder, 'packer'))) return undefined
  return { PATH: `${folder}:${process.env.PATH ?? ''}`, PACKER_PLUGIN_PATH: join(folder, 'plugins') }
}

/** Why no image can be built here; in CI the tests run all the same and fail. */
export async function missingPart(): Promise<string | undefined> {
  if (process.env.CI === 'true') return undefined
  try {
    execFileSync('/bin/sh', ['-c', 'command -v packer'], { stdio: 'ignore' })
  } catch {
    return 'Packer is not installed'
  }
  const folder = await mkdtemp(join(tmpdir(), 'sindri-able-'))
  try {
    await openMachines({ folder, cache })
    return undefined
  } catch (error) {
    return String(error)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The CLI as this clone's `npm run build` makes it. */
export async function openSindri(environment: Readonly<Record<string, string>> = {}): Promise<Sindri> {
  const own = await mkdtemp(join(tmpdir(), 'sindri-'))
  const places: Places = { home: join(own, 'home'), cache }
  const folder = join(own, 'work')
  await mkdir(folder)
  const env = { ...process.env, ...environment, SINDRI_HOME: places.home }

  function start(...words: readonly string[]) {
    return startProgram(process.execPath, [join(import.meta.dirname, '../../bin/sindri.js'), ...words], folder, env)
  }

  async function json<T>(...words: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await start(...words, '--json').ended
    if (code !== 0) throw new Error(`sindri ${words.join(' ')} ended with ${code}:\n${stderr}${stdout}`)
    return JSON.parse(stdout) as T // the caller names the type that the command's own code gives its result
  }

  return {
    home: places.home,
    folder,
    start,
    run: (...words) => start(...words).ended,
    json,
    async configure(packer) {
      const config = { version: '1.0', name: 'golden', providers: { packer } }
      // JSON is YAML.
      await writeFile(join(folder, 'sindri.yaml'), JSON.stringify(config))
    },
    async release(targets) {
      const release = { version: '1.4.2', disk: 'debian.raw', targets }
      await writeFile(join(folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))
    },
    async putDebian() {
      const { disk } = await makeBase('debian-12', { cache })
      const path = join(folder, 'debian.raw')
      await promisify(execFile)('cp', ['--sparse=always', disk, path])
      await chmod(path, 0o644)
    },
    async enforce(policy) {
      const file = join(folder, 'policy.json')
      await writeFile(file, JSON.stringify(policy))
      await json('rehearsal', 'up', '--policy', file)
    },
    build: (...words) => json('vm', 'build', '--rehearse', ...words),
    async requested(operation) {
      return (await status(places)).requests.filter((one) => one.operation === operation).length
    },
    status: () => status(places),
    async close() {
      await down(places)
      const left = leftovers(own)
      await rm(own, { recursive: true })
      return left
    },
  }
}

/** What a command prints in a deployed instance; fails when the command or the login does. */
export async function ssh({ ssh: line }: Pick<Deployment, 'ssh'>, command: string): Promise<string> {
  const [program = '', ...words] = line.split(' ')
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null']
  const given = [...options.flatMap((option) => ['-o', option]), ...words, command]
  const { stdout } = await promisify(execFile)(program, given)
  return stdout.trim()
}

/** A build that is under way. */
export interface BegunBuild {
  /** The process that is Sindri. */
  readonly pid: number
  /** The process group of its Packer. */
  readonly packer: number
  readonly ended: Promise<Outcome>
}

/** Starts a rehearsed build of this name and resolves when its instance is being provisioned. */
export async function beginBuild(sindri: Sindri, name: string, ...words: readonly string[]): Promise<BegunBuild> {
  const { pid, ended } = sindri.start('vm', 'build', '--rehearse', '--name', name, ...words)
  await expect.poll(() => provisioning(sindri, name), { timeout: 180_000, interval: 100 }).toBeDefined()
  const packer = await provisioning(sindri, name)
  if (packer === undefined) throw new Error(`the build ${name} is not provisioned any more`)
  return { pid, packer, ended }
}

/** Starts a rehearsed build of this name, and kills Sindri and Packer while its instance is being provisioned. */
export async function killedBuild(sindri: Sindri, name: string, ...words: readonly string[]): Promise<void> {
  const { pid, packer, ended } = await beginBuild(sindri, name, ...words)
  process.kill(pid, 'SIGKILL')
  process.kill(-packer, 'SIGKILL')
  await ended
}

/** Starts a rehearsed publish, and kills it when it has asked for an operation more than so many times. */
export async function killedPublish(sindri: Sindri, operation: string, times: number): Promise<void> {
  const { pid, ended } = sindri.start('vm', 'publish', '--rehearse')
  await expect.poll(() => sindri.requested(operation), { timeout: 120_000, interval: 20 }).toBeGreaterThan(times)
  process.kill(pid, 'SIGKILL')
  await ended
}

/** The process group of the Packer run of a build whose instance is being provisioned; undefined before. */
async function provisioning({ home }: Pick<Sindri, 'home'>, name: string): Promise<number | undefined> {
  const runs = join(home, 'rehearsal/records/runs')
  const release = (await readdir(runs).catch(() => [])).find((one) => one.startsWith(`${name}-`))
  const [run] = release === undefined ? [] : await readdir(join(runs, release))
  if (release === undefined || run === undefined) return undefined
  const folder = join(runs, release, run)
  const log = await readFile(join(folder, 'packer.log'), 'utf8').catch(() => '')
  if (!log.includes('Provisioning with shell script')) return undefined
  return JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')).packer.pid
}

/** Starts a program of any kind and collects what it prints. */
export function startProgram(
  path: string,
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly pid: number; readonly ended: Promise<Outcome> } {
  const child = spawn(path, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { pid: child.pid ?? 0, ended }
}

/** Mounts, loop devices and processes of this machine that name a folder, by argument or in their environment. */
function leftovers(folder: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const loops = execFileSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], { encoding: 'utf8' })
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `process ${pid}: ${readProc(pid, 'cmdline')} ${readProc(pid, 'environ')}`)
  return [...mounts, ...loops.split('\n'), ...processes].filter((line) => line.includes(folder))
}

/** A process may end while it is looked at. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(join('/proc', pid, file), 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
