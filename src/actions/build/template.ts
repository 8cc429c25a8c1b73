import { existsSync } from 'node:fs'
import { resolve as absolute, isAbsolute, join } from 'node:path'
import type { Cloud, ReleaseMarks } from '../../clouds/cloud.ts'
import { cloud as cloudOf } from '../../clouds/index.ts'
import type { Resolved } from '../../config/resolved.ts'
import { baseNames } from '../../config/sections/build.ts'
import { type Complaint, SindriError } from '../../core/error.ts'
import { type Dropped, forVersion, refuseLoss } from '../../packer/dialect.ts'
import { type Block, environment, variableBlock } from '../../packer/hcl.ts'
import { sharedTemplate, type TemplateInput } from '../../packer/template.ts'
import { type Packer, packerVersion } from '../../packer/version.ts'
import { type ProvisionFiles, provisionPhases } from '../../release/provision.ts'
import type { Context } from '../context.ts'
import { planExtensions, refuseUnsupported } from '../extensions.ts'

/** Where the releases of Sindri are published. */
const releaseUrl = 'https://github.com/pacphi/sindri/releases/download'

/** Where provisioning takes its files from, when Packer runs on this machine for this config. */
export function localFiles(context: Context, archive: string | undefined): ProvisionFiles {
  return {
    scripts: join(context.self.assets, 'provision'),
    extensions: join(context.self.assets, 'extensions'),
    archive,
    located: (path) => keepSlash(path, isAbsolute(path) ? path : absolute(context.cwd, path)),
  }
}

/** Packer copies the contents of a folder that ends in a slash, and the folder itself otherwise. */
function keepSlash(written: string, path: string): string {
  return written.endsWith('/') ? `${path}/` : path
}

/** What the template of this config is made of. Offline; the same input gives the same template. */
export async function templateInput(
  cloud: Cloud,
  resolved: Resolved,
  files: ProvisionFiles,
  options: { readonly marks: ReleaseMarks | undefined; readonly manifest: string; readonly version: string },
): Promise<TemplateInput> {
  const source = await cloud.source()
  const extensions = planExtensions(resolved.build.profile, resolved.build.extensions)
  refuseUnsupported(extensions, {
    distribution: baseNames.find((name) => name === resolved.build.base),
    architecture: resolved.build.arch,
  })
  const { lastScripts, ...own } = source(resolved, options.marks)
  const secrets = resolved.secrets.map(({ variable, name }) =>
    variableBlock(variable, {
      type: 'string',
      description: `The value of ${name}`,
      sensitive: true,
      default: environment(name),
    }),
  )
  return {
    ...own,
    ownVariables: [...(own.ownVariables ?? []), ...secrets],
    variables: {
      imageName: resolved.imageName,
      sindriVersion: options.version,
      profile: resolved.build.profile,
      extensions: extensions.map((extension) => extension.name),
    },
    provision: provisionPhases(resolved, files, releaseUrl, lastScripts),
    manifest: options.manifest,
    custom: { release: options.marks?.name ?? '', base: resolved.build.base },
  }
}

/** What the machine that builds is, as far as it decides what a build costs. */
export function machineOf({ defaults }: TemplateInput): { readonly machine: string; readonly diskGiB: number } {
  return { machine: String(defaults.instance_type), diskGiB: Number(defaults.volume_size) }
}

/**
 * The whole template in one document, in the dialect of a version of Packer.
 * @throws SindriError `prerequisite` when the image would be another one in that dialect
 */
export function templateBlocks(
  input: TemplateInput,
  packerVersion: string,
): { readonly blocks: readonly Block[]; readonly dropped: readonly Dropped[] } {
  const translated = forVersion(sharedTemplate(input), packerVersion)
  refuseLoss(translated.dropped, packerVersion, input.required)
  return translated
}

/** Tells what this Packer cannot do; what concerns security is an error under --strict. */
export function tellDropped(
  dropped: readonly Dropped[],
  packerVersion: string,
  strict: boolean,
  context: Context,
): void {
  const lost = dropped.filter((one) => one.security)
  if (lost.length === 0) return
  const names = lost.map(({ component, name }) => `${component}.${name}`).join(', ')
  const hint = 'install Packer 1.9 or newer, whose builders know them'
  const message = `Packer ${packerVersion} does not know ${names}: the build instance is less protected than the config asks`
  if (strict) throw new SindriError('prerequisite', message, { hint })
  context.emit({ type: 'warning', message, hint })
}

/** The config as this Packer can build it: defaults that it cannot build with are replaced, said aloud. */
export async function buildable(resolved: Resolved, packerVersion: string, context: Context): Promise<Resolved> {
  const replaced = await cloudOf(resolved.cloud).replaced?.(resolved, packerVersion)
  if (replaced === undefined) return resolved
  context.emit({ type: 'warning', message: replaced.message, hint: replaced.hint })
  return replaced.resolved
}

/** Fails with every file at once that the config names and that is not there. */
export function checkFiles(resolved: Resolved, context: Context): void {
  checkAssets(context)
  const { build } = resolved
  const named = [
    ...build.scripts.map((path) => ['build.scripts', path] as const),
    ...build.fileUploads.map((upload) => ['build.file_uploads', upload.source] as const),
    ...(build.ansiblePlaybook === undefined ? [] : [['build.ansible_playbook', build.ansiblePlaybook] as const]),
  ]
  const complaints = named
    .filter(([, path]) => !existsSync(absolute(context.cwd, path)))
    .map(([field, path]): Complaint => {
      return { message: `${field}: there is no ${path}`, hint: `paths begin at ${context.cwd}` }
    })
  if (complaints.length === 0) return
  throw new SindriError('config', complaints.map((one) => one.message).join('\n'), { complaints })
}

/** The executable inside an image is the command line alone: what provisioning runs comes with the npm package. */
function checkAssets({ self }: Context): void {
  if (existsSync(join(self.assets, 'provision'))) return
  throw new SindriError('prerequisite', `this Sindri has no provisioning scripts in ${self.assets}`, {
    hint: 'build with the npm package or a clone: the single executable lists, deploys and deletes images, but builds none',
  })
}

/** The Packer that templates are written for when none is installed. */
const currentPacker = { version: '1.15.1', plugins: true } as const

/** The installed Packer's version, or today's when there is none: templates can be written without Packer. */
export async function installedPacker(context: Context): Promise<Pick<Packer, 'version' | 'plugins'>> {
  try {
    return await packerVersion({ env: context.environment, cacheFolder: context.cache })
  } catch (error) {
    if (error instanceof SindriError && error.code === 'prerequisite') return currentPacker
    throw error
  }
}
