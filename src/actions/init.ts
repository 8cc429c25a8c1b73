import { constants } from 'node:fs'
import { access, copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { resolve as absolute, basename, dirname, isAbsolute, join } from 'node:path'
import { cloud as cloudOf } from '../clouds/index.ts'
import type { Resolved } from '../config/resolved.ts'
import { SindriError } from '../core/error.ts'
import { forVersion, refuseLoss } from '../packer/dialect.ts'
import type { Block } from '../packer/hcl.ts'
import { pluginsIn } from '../packer/plugins.ts'
import { templateFiles } from '../packer/template.ts'
import { sindriArchive, versionOf } from './build/archive.ts'
import { buildable, checkFiles, installedPacker, tellDropped, templateInput } from './build/template.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

export interface InitOptions extends ConfigOptions {
  readonly output: string
  readonly force: boolean
}

export interface InitResult {
  /** The cloud's template, as the user may type it. */
  readonly template: string
  readonly created: readonly string[]
  /** True when `packer init` comes before `packer build`. */
  readonly plugins: boolean
}

/** Writes a folder that plain Packer builds with no Sindri beside it: template, plugins, scripts and what they upload. */
export async function init(options: InitOptions, context: Context): Promise<InitResult> {
  const configured = await configure({ ...options, partial: true }, context)
  const cloud = cloudOf(configured.cloud)
  checkFiles(configured, context)
  const folder = absolute(context.cwd, options.output)
  const packer = await installedPacker(context)
  const resolved = await buildable(configured, packer.version, context)
  const copies = ownCopies(resolved, context)
  const archive = (await sindriArchive(resolved, context))?.file
  const files = {
    scripts: 'provision',
    extensions: 'extensions',
    archive: archive === undefined ? undefined : `files/${basename(archive)}`,
    located: (path: string) => copies.get(path) ?? path,
  }
  const input = await templateInput(cloud, resolved, files, {
    marks: undefined,
    manifest: 'manifest.json',
    version: versionOf(resolved, context),
  })
  const required = await readFile(join(folder, 'plugins.pkr.hcl'), 'utf8').catch(() => '')
  const translate = (blocks: readonly Block[]): readonly Block[] => {
    const { blocks: translated, dropped } = forVersion(blocks, packer.version)
    refuseLoss(dropped, packer.version, input.required)
    tellDropped(dropped, packer.version, false, context)
    return translated
  }
  const written = templateFiles(input, translate, pluginsIn(required))
  await refuseOverwrite(folder, Object.keys(written), options)
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(written)) await writeFile(join(folder, name), text)
  for (const name of ['provision', 'extensions'])
    await cp(join(context.self.assets, name), join(folder, name), { recursive: true })
  if (archive !== undefined) await copyInto(archive, join(folder, 'files', basename(archive)))
  for (const [from, to] of copies) await cp(absolute(context.cwd, from), join(folder, to), { recursive: true })
  const made = [
    ...Object.keys(written),
    ...(await readdir(join(folder, 'provision'))).map((name) => `provision/${name}`),
  ]
  return {
    template: shown(options.output, `${cloud.id}.pkr.hcl`),
    created: made.map((name) => shown(options.output, name)),
    plugins: packer.plugins,
  }
}

/** Scripts and uploads of the config, by their path there: copied into the folder so that it stands alone. */
function ownCopies({ build }: Resolved, context: Context): ReadonlyMap<string, string> {
  const named = [
    ...build.scripts,
    ...build.fileUploads.map((upload) => upload.source),
    ...(build.ansiblePlaybook === undefined ? [] : [build.ansiblePlaybook]),
  ]
  return new Map(
    named.map((path, index) => [
      path,
      `files/${index}-${basename(absolute(context.cwd, path))}${path.endsWith('/') ? '/' : ''}`,
    ]),
  )
}

/** Files that are the same for every cloud may be there already, from the init of another cloud. */
async function refuseOverwrite(folder: string, names: readonly string[], options: InitOptions): Promise<void> {
  const [template = ''] = names
  if (options.force) return
  const there = await access(join(folder, template), constants.F_OK).then(
    () => true,
    () => false,
  )
  if (there)
    throw new SindriError('conflict', `${shown(options.output, template)} exists`, {
      hint: 'overwrite it with --force, or choose another folder with --output',
    })
}

async function copyInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}

/** `./aws.pkr.hcl`: a path as a person would type it. */
function shown(output: string, name: string): string {
  return isAbsolute(output) || output.startsWith('.')
    ? join(output, name).replace(/^(?![./])/, './')
    : `./${join(output, name)}`
}
