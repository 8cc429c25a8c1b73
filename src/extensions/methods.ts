import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { SindriError } from '../core/error.ts'
import type { Entry } from './catalogue.ts'
import type { Download, NpmPackage } from './definition.ts'
import type { Machine } from './machine.ts'
import type { Session } from './session.ts'

/** Where an extension is being installed. */
export interface Workplace {
  readonly session: Session
  readonly machine: Machine
  /** An empty folder that is removed afterwards. */
  readonly work: string
}

const aptInstall = ['apt-get', 'install', '-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
const aptUpdate = ['apt-get', 'update', '-q', '-o', 'Acquire::Retries=3', '-o', 'APT::Update::Error-Mode=any']

/** Does what `install` of an extension says: packages and files first, its script last. */
export async function installBy({ definition, folder }: Entry, place: Workplace): Promise<void> {
  const { apt, downloads, npm, mise, script } = definition.install
  if (apt !== undefined) await installPackages(apt, place)
  if (downloads !== undefined) await fetchAll(downloads, place)
  for (const one of npm ?? []) await installNpm(one, place)
  if (mise !== undefined) await installMise(join(folder, mise), folder, place)
  if (script === undefined) return
  await place.session.run(script, ['/bin/sh', join(folder, script)], {
    cwd: folder,
    environment: {
      SINDRI_DOWNLOADS: downloadsOf(place),
      SINDRI_ARCHITECTURE: place.machine.architecture,
      SINDRI_DISTRIBUTION: place.machine.distribution,
    },
  })
}

async function installPackages(wanted: readonly string[], place: Workplace): Promise<void> {
  const { session } = place
  const install = async (): Promise<void> => {
    const chosen = await Promise.all(wanted.map((line) => firstKnown(line.split(' | '), session)))
    await session.run('apt-get install', [...aptInstall, ...chosen])
  }
  try {
    await install()
  } catch (error) {
    if (!(error instanceof SindriError)) throw error
    // Images have no package lists, and those of a machine that has run for long name packages that are gone.
    await session.run('apt-get update', aptUpdate)
    await install()
  }
}

async function firstKnown(names: readonly string[], session: Session): Promise<string> {
  const [first = '', ...others] = names
  if (others.length === 0) return first
  const known = await session.output('apt-cache', ['apt-cache', 'policy', '--', ...names])
  // `name:`, and indented below it what is installed and what could be. Packages that are not known are left out.
  const installable = known.split(/^(?=\S)/m).filter((block) => /^ +Candidate: (?!\(none\))/m.test(block))
  const found = names.find((name) => installable.some((block) => block.startsWith(`${name}:`)))
  if (found === undefined) throw new SindriError('failed', `apt has none of ${names.join(', ')}`)
  return found
}

function downloadsOf({ work }: Workplace): string {
  return join(work, 'downloads')
}

async function fetchAll(downloads: readonly Download[], place: Workplace): Promise<void> {
  const folder = downloadsOf(place)
  await mkdir(folder)
  for (const { name, url, sha256, architecture } of downloads) {
    if (architecture !== undefined && architecture !== place.machine.architecture) continue
    const file = join(folder, name)
    // curl knows the proxies and certificates of this machine; https only, also when redirected.
    const address = await addressOf(url, place.session)
    const secure = ['--proto', '=https', '--proto-redir', '=https', '-fsSL', '--retry', '3', '--retry-connrefused']
    await place.session.run(`the download of ${url}`, ['curl', ...secure, '-o', file, address])
    await check(file, url, sha256)
  }
}

/** Registries and proxies are those that npm and Go are set up with: companies have their own. */
async function addressOf(url: string, session: Session): Promise<string> {
  const [, scheme, path] = /^(npm|go):(.*)$/.exec(url) ?? []
  if (scheme === undefined) return url
  const ask = scheme === 'npm' ? ['npm', 'config', 'get', 'registry'] : ['go', 'env', 'GOPROXY']
  const printed = await session.output(ask.join(' '), ask)
  const base = /https:[^\s,|]+/.exec(printed)?.[0]
  if (base === undefined) throw new SindriError('failed', `${ask.join(' ')} names no https address for ${url}`)
  return `${base.replace(/\/$/, '')}/${path}`
}

async function check(file: string, name: string, wanted: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const actual = hash.digest('hex')
  if (actual === wanted) return
  throw new SindriError('failed', `${name} has sha256 ${actual} instead of ${wanted}: refused`)
}

/** The archive is fetched by npm itself, from the registry it is set up with, and checked before it is installed. */
async function installNpm(wanted: NpmPackage, { session, work }: Workplace): Promise<void> {
  const name = `${wanted.package}@${wanted.version}`
  const folder = join(work, 'npm', String(wanted.sha256))
  await mkdir(folder, { recursive: true })
  const environment = { npm_config_cache: join(work, 'npm-cache'), npm_config_update_notifier: 'false' }
  await session.run(`npm pack ${name}`, ['npm', 'pack', '--silent', '--pack-destination', folder, name], {
    environment,
  })
  const [archive = ''] = await readdir(folder)
  await check(join(folder, archive), name, wanted.sha256)
  const install = ['npm', 'install', '--global', '--no-fund', '--no-audit', join(folder, archive)]
  await session.run(`npm install ${name}`, install, { environment })
}

/** For everybody: mise keeps its tools in /usr/local/share/mise, and their programs are linked to from /usr/local/bin. */
async function installMise(config: string, folder: string, { session, work }: Workplace): Promise<void> {
  const project = join(work, 'mise')
  await mkdir(project)
  await copyFile(config, join(project, 'mise.toml'))
  await copyFile(join(folder, 'mise.lock'), join(project, 'mise.lock'))
  const options = {
    cwd: project,
    environment: {
      MISE_DATA_DIR: '/usr/local/share/mise',
      MISE_CACHE_DIR: join(work, 'mise-cache'),
      MISE_CONFIG_DIR: join(work, 'mise-config'),
      MISE_STATE_DIR: join(work, 'mise-state'),
      MISE_TRUSTED_CONFIG_PATHS: project,
      MISE_YES: '1',
    },
  }
  // Locked: what the lock file gives no address and checksum for is refused.
  await session.run('mise install', ['mise', 'install', '--locked'], options)
  const printed = await session.output('mise bin-paths', ['mise', 'bin-paths'], options)
  for (const programs of printed.split('\n').filter((line) => line.startsWith('/') && existsSync(line))) {
    for (const program of await readdir(programs)) {
      const link = join('/usr/local/bin', program)
      await rm(link, { force: true })
      await chmod(join(programs, program), 0o755)
      await symlink(join(programs, program), link)
    }
  }
}
