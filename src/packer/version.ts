// Without promises: `node:fs/promises` costs a dry run more than all that is read here.
import { accessSync, constants, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { pid } from 'node:process'
import { SindriError } from '../core/error.ts'

/** The Packer program that was found. */
export interface Packer {
  /** Absolute. */
  readonly path: string
  readonly version: string
  /** True when this Packer knows `packer init` and `required_plugins` (1.7 and later). */
  readonly plugins: boolean
}

/** The only release with builders inside that is supported: Debian and Ubuntu package it. */
const bundledVersion = '1.6.6'
const firstPluginVersion = '1.9.0'

const installHint =
  'install Packer 1.9 or later from https://developer.hashicorp.com/packer/install ' +
  '(macOS: brew install hashicorp/tap/packer; Debian: apt install packer)'

/**
 * Finds Packer and its version. The version is remembered in `cacheFolder` until the program changes.
 * @param options.path another program to use: a path, or a name to find on PATH
 * @throws SindriError `prerequisite` when there is no Packer
 */
export async function packerVersion(options: {
  readonly path?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cacheFolder: string
}): Promise<Packer> {
  const path = findPacker(options.path ?? 'packer', options.env.PATH ?? '')
  const { mtimeMs, size } = statSync(path)
  const cacheFile = join(options.cacheFolder, 'packer-versions.json')
  const key = `${path} ${mtimeMs} ${size}`
  const known = readCache(cacheFile)
  const version = known[key] ?? (await askVersion(path, options.env))
  if (known[key] === undefined) writeCache(cacheFile, { ...known, [key]: version })
  return { path, version, plugins: atLeast(version, '1.7.0') }
}

/**
 * Which of the two supported families a version belongs to: `bundled` is exactly 1.6.6 with the builders inside,
 * `plugins` is 1.9 and later.
 * @throws SindriError `prerequisite` for every other version
 */
export function familyOf(version: string): 'bundled' | 'plugins' {
  if (version === bundledVersion) return 'bundled'
  if (atLeast(version, firstPluginVersion)) return 'plugins'
  throw new SindriError(
    'prerequisite',
    `Packer ${version} is not supported: it must be ${firstPluginVersion} or later, or exactly ${bundledVersion}`,
    { hint: installHint },
  )
}

function findPacker(wanted: string, searchPath: string): string {
  if (wanted.includes('/')) {
    const path = resolve(wanted)
    if (isProgram(path)) return path
    throw new SindriError('prerequisite', `${path} is not a program that can be run`, { hint: installHint })
  }
  for (const folder of searchPath.split(delimiter)) {
    const path = resolve(folder, wanted)
    if (folder !== '' && isProgram(path)) return path
  }
  const message = wanted === 'packer' ? 'Packer is not installed' : `there is no program ${wanted} on PATH`
  throw new SindriError('prerequisite', message, { hint: installHint })
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

async function askVersion(path: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { stdout } = await (await import('./execute.ts')).execute(path, ['version'], { env, timeoutMs: 30_000 })
  const version = /^Packer v(?<version>\d+\.\d+\.\d+)/mu.exec(stdout)?.groups?.version
  if (version !== undefined) return version
  // Red Hat's cracklib installs another program of this name in /usr/sbin.
  throw new SindriError('prerequisite', `${path} is not HashiCorp Packer: "packer version" printed no version`, {
    hint: `put HashiCorp Packer first in PATH, or ${installHint}`,
  })
}

function readCache(file: string): Readonly<Record<string, string>> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof content !== 'object' || content === null) return {}
    return Object.fromEntries(Object.entries(content).filter((entry) => typeof entry[1] === 'string'))
  } catch {
    return {}
  }
}

/** A cache that cannot be written costs only time. */
function writeCache(file: string, content: Readonly<Record<string, string>>): void {
  const draft = `${file}.${pid}`
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(draft, JSON.stringify(content), { mode: 0o600 })
    renameSync(draft, file)
  } catch {}
}

function atLeast(version: string, minimum: string): boolean {
  const [found = [], wanted = []] = [version, minimum].map((one) => one.split(/[.-]/).map(Number))
  const differs = wanted.findIndex((part, index) => part !== found[index])
  return differs === -1 || (found[differs] ?? 0) > (wanted[differs] ?? 0)
}
