import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Executable, sindriExecutable } from '../../src/actions/executable.ts'

const repository = join(import.meta.dirname, '../..')

/** Whether this machine can make a Debian of its own. */
export const canMakeRoot: boolean = process.getuid?.() === 0 && spawnSync('mmdebstrap', ['--version']).status === 0

/** How a command ended and all it printed. */
export interface Ran {
  readonly code: number | null
  readonly output: string
}

/** A Debian 12 in a folder, which shares only the network with this machine. */
export interface DebianRoot {
  readonly path: string
  /** Runs a command in it, without this machine's environment. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
  put(path: string, text: string | Buffer): Promise<void>
  remove(): Promise<void>
}

/** Where this machine's certificate authorities are added to the root's own, as its resolver is. */
const authorities = '/usr/local/share/ca-certificates'

/** Makes a Debian 12 with these packages. */
export async function makeDebianRoot(packages: readonly string[]): Promise<DebianRoot> {
  const path = await mkdtemp(join(tmpdir(), 'debian-root-'))
  const include = ['ca-certificates', ...packages].join(',')
  execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${include}`, 'bookworm', path])
  await cp('/etc/resolv.conf', join(path, 'etc/resolv.conf'))
  // It is thrown away: nothing has to reach the disk.
  await writeFile(join(path, 'etc/dpkg/dpkg.cfg.d/unsafe'), 'force-unsafe-io\n')
  if (existsSync(authorities)) {
    await cp(authorities, join(path, authorities), { recursive: true })
    execFileSync('chroot', [path, 'update-ca-certificates'], { stdio: 'ignore' })
  }
  return {
    path,
    run(command, env = {}) {
      const isolated = ['-m', '-p', '-u', '--fork', '--kill-child', `--mount-proc=${path}/proc`]
      const inside = ['chroot', path, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root']
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
      return new Promise((resolve) => {
        const child = execFile(
          'unshare',
          [...isolated, ...inside, ...variables, ...command],
          { maxBuffer: 1 << 26 },
          (_, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
        )
      })
    },
    async put(file, text) {
      await mkdir(dirname(join(path, file)), { recursive: true })
      await writeFile(join(path, file), text)
    },
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

/** This clone's Sindri as images get it. */
export async function imageExecutable(): Promise<Executable> {
  return sindriExecutable({
    bundle: join(repository, 'dist/sindri.cjs'),
    node: process.execPath,
    nodeVersion: process.version,
    arch: process.arch === 'arm64' ? 'arm64' : 'x64',
    cache: join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri', 'executables'),
  })
}
