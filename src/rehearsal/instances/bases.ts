import { createHash } from 'node:crypto'
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { arch, pid } from 'node:process'
import { SindriError } from '../../core/error.ts'
import type { Base } from '../kit/machines.ts'
import { type AptSettings, aptMirrors, aptSettings, type Mirror } from './apt-mirrors.ts'
import { identify } from './process-identity.ts'
import { installed, missingPackages } from './programs.ts'
import { resourcePath } from './resource.ts'
import { run } from './run.ts'

/** What `bases` tells about a base disk. */
interface BaseOffer {
  readonly name: Base['name']
  readonly arch: Base['arch']
  /** It can be made on this machine. */
  readonly offered: boolean
  /** The file it is made into, or was before. */
  readonly disk?: string
  /** Where it comes from, or why it is not offered. */
  readonly note: string
}

interface MakeOptions {
  readonly cache: string
  readonly tell?: (line: string) => void
  readonly signal?: AbortSignal
}

interface Recipe {
  readonly sources: string
  readonly settings: AptSettings
  readonly disk: string
}

const distributions = {
  'debian-12': { origin: 'Debian', suite: 'bookworm', keyring: '/usr/share/keyrings/debian-archive-keyring.gpg' },
  'ubuntu-22.04': { origin: 'Ubuntu', suite: 'jammy', keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' },
  'ubuntu-24.04': { origin: 'Ubuntu', suite: 'noble', keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' },
} as const satisfies Record<Base['name'], object>

const names: readonly Base['name'][] = ['debian-12', 'ubuntu-22.04', 'ubuntu-24.04']
const programs = ['setpriv', 'mmdebstrap', 'sfdisk', 'mke2fs', 'mkfs.vfat', 'mcopy', 'grub-mkimage', 'unshare']
const bootFiles = {
  '/usr/lib/grub/i386-pc/boot.img': 'grub-pc-bin',
  '/usr/lib/grub/x86_64-efi/normal.mod': 'grub-efi-amd64-bin',
}

/** The size of the disk of Debian's and Ubuntu's own images for EC2. */
const sizeGiB = 8
const baseArch: Base['arch'] = arch === 'arm64' ? 'arm64' : 'x86_64'

/** Every base disk Sindri knows, and whether this machine can make it from its own apt mirrors. */
export async function bases(cache: string): Promise<readonly BaseOffer[]> {
  return Promise.all(
    names.map(async (name) => {
      const found = await recipeOf(name, cache)
      if (typeof found === 'string') return { name, arch: baseArch, offered: false, note: found }
      const note = `made by mmdebstrap from ${new URL(/URIs: (\S+)/.exec(found.sources)?.[1] ?? '').host}`
      return { name, arch: baseArch, offered: true, disk: found.disk, note }
    }),
  )
}

/**
 * Makes a base disk, or finds it made before, under `<cache>/bases`. The name of the file holds a hash of everything
 * that decides its content except the packages' versions, so a changed recipe makes a new one.
 */
export async function makeBase(name: Base['name'], { cache, tell, signal }: MakeOptions): Promise<Base> {
  const recipe = await recipeOf(name, cache)
  if (typeof recipe === 'string') throw new SindriError('prerequisite', `cannot make ${name} here: ${recipe}`)
  const base: Base = { name, arch: baseArch, disk: recipe.disk, sizeGiB }
  if (await exists(recipe.disk)) return base
  tell?.(`making the ${name} base with mmdebstrap (about a minute, once)`)
  const folder = join(resolve(cache), 'bases')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await removeAbandoned(folder)
  const work = await mkdtemp(join(folder, `.making-${pid}-`))
  try {
    await build(work, name, recipe, signal)
    await chmod(join(work, 'disk.raw'), 0o400)
    await rename(join(work, 'disk.raw'), recipe.disk)
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 10 })
  }
  return base
}

/** How to make a base here, or why it cannot be made. */
async function recipeOf(name: Base['name'], cache: string): Promise<Recipe | string> {
  const { origin, suite, keyring } = distributions[name]
  if (baseArch !== 'x86_64') return `base disks are made for x86_64 only, and this machine is ${arch}`
  const known = await aptMirrors()
  if (known.length === 0) return 'apt has no package lists on this machine (run apt-get update)'
  const mirrors = known.filter((mirror) => mirror.origin === origin && mirror.suite.split('-')[0] === suite)
  const main = mirrors.some((mirror) => mirror.suite === suite && mirror.component === 'main')
  if (!main) return `no ${origin} mirror with ${suite} is in this machine's apt sources`
  if (!(await installed(keyring))) return `${keyring} is missing (install ${origin.toLowerCase()}-archive-keyring)`
  const missing = await missingPackages(programs, bootFiles)
  if (missing.length > 0) return `missing programs (apt-get install ${missing.join(' ')})`
  const settings = await aptSettings()
  const sources = sourcesOf(mirrors, suite, keyring)
  const script = await readFile(resourcePath('build-base.sh'), 'utf8')
  const hash = createHash('sha256')
    .update(JSON.stringify([script, sources, settings.age]))
    .digest('hex')
    .slice(0, 16)
  return { sources, settings, disk: join(resolve(cache), 'bases', `${name}-${baseArch}-${hash}.raw`) }
}

/** The mirrors as an apt .sources file, without whatever else this machine installs from. */
function sourcesOf(mirrors: readonly Mirror[], suite: string, keyring: string): string {
  const wanted = new Set([suite, `${suite}-updates`, `${suite}-security`])
  const byPlace = Object.groupBy(
    mirrors.filter((mirror) => wanted.has(mirror.suite)),
    (mirror) => `${mirror.uri} ${mirror.suite}`,
  )
  return Object.entries(byPlace)
    .map(([place, found = []]) => {
      const [uri, ownSuite] = place.split(' ')
      const components = [...new Set(found.map(({ component }) => component))].join(' ')
      return `Types: deb\nURIs: ${uri}\nSuites: ${ownSuite}\nComponents: ${components}\nSigned-By: ${keyring}\n`
    })
    .join('\n')
}

async function build(work: string, name: Base['name'], recipe: Recipe, signal?: AbortSignal): Promise<void> {
  const { proxies, age } = recipe.settings
  const proxyLines = Object.entries(proxies).map(([scheme, proxy]) =>
    proxy === undefined ? '' : `Acquire::${scheme}::Proxy "${proxy.href}";\n`,
  )
  const file = async (fileName: string, text: string) => {
    await writeFile(join(work, fileName), text, { mode: 0o600 })
    return join(work, fileName)
  }
  const env = {
    SINDRI_WORK: work,
    SINDRI_DISTRIBUTION: name.replace(/-.*/, ''),
    SINDRI_SUITE: distributions[name].suite,
    SINDRI_SOURCES: await file(`${name.replace(/-.*/, '')}.sources`, recipe.sources),
    SINDRI_APT_CONF: await file('proxy.conf', proxyLines.join('')),
    SINDRI_KEPT_CONF: await file('mirror.conf', age),
    SINDRI_SIZE_MIB: String(sizeGiB * 1024),
  }
  // In namespaces that end with this process, so that however it ends no mount or process of it is left.
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  await run('setpriv', ['--pdeathsig', 'KILL', ...namespaces, 'sh', resourcePath('build-base.sh')], {
    env,
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Removes the work of makers that were killed. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const maker = /^\.making-(\d+)-/.exec(entry)?.[1]
    if (maker !== undefined && (await identify(Number(maker))) === undefined) {
      await rm(join(folder, entry), { recursive: true, force: true })
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
