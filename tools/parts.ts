import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { goCommand } from './go-toolchain.ts'
import { partsFolder } from './parts-folder.ts'
import { command, type Outcome, runSteps, type Step, type Tally } from './step.ts'

const sources = join(import.meta.dirname, '../parts')

/**
 * Builds the programs that judge Sindri and are not in Debian, as parts/ pins them, into the parts folder. What is built
 * is kept by the hash of its pins, so that a second run only looks; a part that cannot be built does not stop the others.
 */
export async function makeParts(env: NodeJS.ProcessEnv): Promise<Tally> {
  const folder = partsFolder(env)
  await mkdir(join(folder, 'store'), { recursive: true })
  const names = await readdir(sources)
  const goParts = names.filter((name) => existsSync(join(sources, name, 'go.mod')))
  const venvParts = names.filter((name) => existsSync(join(sources, name, 'requirements.txt')))
  const npmParts = names.filter((name) => existsSync(join(sources, name, 'package.json')))
  return runSteps([
    ...goParts.map((name): Step => ({ title: name, run: () => goPart(name, folder, env) })),
    { title: 'plugins', run: () => plugins(folder, env) },
    ...venvParts.map((name): Step => ({ title: name, run: () => venvPart(name, folder) })),
    ...npmParts.map((name): Step => ({ title: name, run: () => npmPart(name, folder) })),
  ])
}

async function goPart(name: string, folder: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const module = await readFile(join(sources, name, 'go.mod'), 'utf8')
  const pkg = /^tool (\S+)$/m.exec(module)?.[1] ?? name
  const line = module.split('\n').find((text) => text.trim().startsWith(`${pkg} v`))
  const version = line?.trim().split(' v')[1]?.split(' ')[0] ?? ''
  // Without these a plugin calls itself a development version, which `~> 1.8` does not match.
  const stamp = name.startsWith('packer-plugin-')
    ? ` -X ${pkg}/version.Version=${version} -X ${pkg}/version.VersionPrerelease=`
    : ''
  const flags = ['-trimpath', `-ldflags=-s -w${stamp}`]

  const sums = await readFile(join(sources, name, 'go.sum'), 'utf8')
  const target = join(folder, 'store', `${name}-${keyOf(module, sums, ...flags)}`)
  const note = `${version}${existsSync(target) ? ', built before' : ''}`
  if (!existsSync(target)) {
    console.log(`building ${name} ${version} from source, once: some minutes`)
    const go = await goCommand(join(sources, 'go-toolchain.json'), folder, env)
    const built = await command([go, 'build', ...flags, '-o', `${target}.new`, pkg], {
      cwd: join(sources, name),
      env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local', GOWORK: 'off' },
    })
    if (built.state === 'failed') return built
    await rename(`${target}.new`, target)
  }
  await pointTo(target, join(folder, name))
  return { state: 'ok', note }
}

/** Installs the plugins into a PACKER_PLUGIN_PATH, which is what Packer reads: it takes no bare binaries. */
async function plugins(folder: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('packer-plugin-'))
  const temporary = await mkdtemp(join(folder, 'store/plugins-'))
  for (const name of names) {
    const installed = await command(
      [
        join(folder, 'packer'),
        'plugins',
        'install',
        '--path',
        join(folder, name),
        `github.com/hashicorp/${name.slice(14)}`,
      ],
      { env: { ...env, PACKER_PLUGIN_PATH: temporary, PACKER_CONFIG_DIR: temporary, CHECKPOINT_DISABLE: '1' } },
    )
    if (installed.state === 'failed') return installed
  }
  await rm(join(folder, 'plugins'), { recursive: true, force: true })
  await rename(temporary, join(folder, 'plugins'))
  return { state: 'ok' }
}

async function venvPart(name: string, folder: string): Promise<Outcome> {
  const requirements = join(sources, name, 'requirements.txt')
  const target = join(folder, 'store', `${name}-${keyOf(await readFile(requirements, 'utf8'))}`)
  // A venv knows its own path and cannot be made elsewhere and moved: this file says that it is whole.
  const whole = join(target, 'whole')
  const note = existsSync(whole) ? 'installed before' : ''
  if (!existsSync(whole)) {
    await rm(target, { recursive: true, force: true })
    const made = await command(['python3', '-m', 'venv', target])
    if (made.state === 'failed') return made
    const installed = await command([join(target, 'bin/pip'), 'install', '--quiet', '--requirement', requirements])
    if (installed.state === 'failed') return installed
    await writeFile(whole, '')
  }
  await pointTo(target, join(folder, name))
  return { state: 'ok', ...(note && { note }) }
}

/** Packages of npm, without the scripts that they bring. */
async function npmPart(name: string, folder: string): Promise<Outcome> {
  const files = ['package.json', 'package-lock.json'].map((file) => join(sources, name, file))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const target = join(folder, 'store', `${name}-${keyOf(...texts)}`)
  const note = existsSync(target) ? 'installed before' : ''
  if (!existsSync(target)) {
    await rm(`${target}.new`, { recursive: true, force: true })
    await mkdir(`${target}.new`)
    for (const file of files) await copyFile(file, join(`${target}.new`, basename(file)))
    const words = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const installed = await command(words, { cwd: `${target}.new` })
    if (installed.state === 'failed') return installed
    await rename(`${target}.new`, target)
  }
  await pointTo(target, join(folder, name))
  return { state: 'ok', ...(note && { note }) }
}

function keyOf(...parts: readonly string[]): string {
  const platform = `${process.platform} ${process.arch}`
  return createHash('sha256')
    .update([platform, ...parts].join('\0'))
    .digest('hex')
    .slice(0, 12)
}

async function pointTo(target: string, link: string): Promise<void> {
  await rm(`${link}.new`, { force: true })
  await symlink(target, `${link}.new`)
  await rename(`${link}.new`, link)
}

if (import.meta.main) {
  const { numFailedTests } = await makeParts(process.env)
  process.exitCode = numFailedTests === 0 ? 0 : 1
}
