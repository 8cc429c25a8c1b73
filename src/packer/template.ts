import { dirname, isAbsolute, join } from 'node:path'
import {
  type Block,
  block,
  call,
  constantTemplate,
  either,
  environmentVariables,
  interpolate,
  local,
  none,
  type Raw,
  render,
  templateFolder,
  type Value,
  variable,
  variableBlock,
} from './hcl.ts'
import { type PluginName, pluginBlock } from './plugins.ts'

/** One thing done to the machine before its image is taken; they are done in the order given. */
export type Phase =
  | { readonly kind: 'upload'; readonly source: string; readonly destination: string }
  | {
      readonly kind: 'script'
      readonly title: string
      /** Absolute, or relative to the folder of the template. */
      readonly path: string
      readonly environment: Readonly<Record<string, string | Raw>>
      readonly asRoot: boolean
      /** Packer need not remove it, and perhaps no longer can. */
      readonly removesItself?: boolean
    }
  /** A file of the machine that is kept beside the manifest, under `name`. */
  | { readonly kind: 'download'; readonly source: string; readonly name: string }
  | { readonly kind: 'ansible'; readonly playbook: string }

/** What a template of any cloud is made of. */
export interface TemplateInput {
  /** Names the file and the cloud's own locals: `aws`. */
  readonly cloud: string
  readonly plugin?: PluginName
  readonly source: {
    readonly builder: string
    readonly label: string
    readonly attributes: Readonly<Record<string, Value | undefined>>
    readonly blocks: readonly Block[]
  }
  /** Defaults of the variables that are the same for all clouds. */
  readonly variables: {
    readonly imageName: string
    readonly sindriVersion: string
    readonly profile: string
    readonly extensions: readonly string[]
  }
  /** What this cloud uses where the variable of that name is not set. An expression may come to nothing. */
  readonly defaults: Readonly<Record<CloudVariable, string | number | Raw>>
  /** Variables only this cloud has, for example its credentials. */
  readonly ownVariables?: readonly Block[]
  /** True where the SSH user is root: nothing goes through sudo, which an image for root may lack. */
  readonly rootLogin?: boolean
  /** Attributes and blocks of the source that cannot be left out for an old Packer, and what to do instead. */
  readonly required?: Readonly<Record<string, string>>
  readonly provision: readonly Phase[]
  /** Where Packer writes what it made: absolute, or relative to where Packer runs. */
  readonly manifest: string
  /** Written into the manifest as it is. */
  readonly custom: Readonly<Record<string, string | Raw>>
}

/** The variables every cloud has with a default of its own. */
export type CloudVariable = 'region' | 'instance_type' | 'volume_size'

/** `sudo` clears the environment, so the variables are given behind it. */
const throughSudo = constantTemplate('chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}')
const byRoot = constantTemplate('chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}')

/** What a source writes for its region, instance type or volume size: the variable if set, else the cloud's default. */
export function cloudValue(cloud: string, name: CloudVariable): Raw {
  return local(`${cloud}_${name}`)
}

/** The extensions as one text, `docker,python`, as the provisioning scripts take them. */
export const joinedExtensions: Raw = call('join', ',', variable('extensions'))

/** The whole template of one cloud in one document: plain Packer builds it with nothing else. */
export function sharedTemplate(input: TemplateInput): readonly Block[] {
  return [packerBlock(), ...pluginsOf(input).map(pluginBlock), ...sharedVariables(input), ...cloudBlocks(input)]
}

/**
 * The same template as files of one folder, by file name. Variables and plugins have files of their own, so that
 * templates of several clouds can share the folder: Packer refuses to read a variable or a plugin declared twice.
 * @param plugins those that other templates in the folder require; see `pluginsIn`
 * @param translate leaves out what a version of Packer does not know (see `forVersion`)
 */
export function templateFiles(
  input: TemplateInput,
  translate: (blocks: readonly Block[]) => readonly Block[] = (blocks) => blocks,
  plugins: readonly PluginName[] = [],
): Readonly<Record<string, string>> {
  const files: Record<string, readonly Block[]> = {
    [`${input.cloud}.pkr.hcl`]: cloudBlocks(input),
    'variables.pkr.hcl': [packerBlock(), ...sharedVariables(input)],
    'plugins.pkr.hcl': [...new Set([...pluginsOf(input), ...plugins])].sort().map(pluginBlock),
  }
  const written = Object.entries(files).map(([name, blocks]) => [name, render(translate(blocks))] as const)
  return Object.fromEntries(written.filter(([, text]) => text !== ''))
}

function packerBlock(): Block {
  return block('packer', [], { required_version: '>= 1.6.6' })
}

function pluginsOf({ plugin, provision }: TemplateInput): readonly PluginName[] {
  const ansible = provision.some(({ kind }) => kind === 'ansible')
  return [...(plugin === undefined ? [] : [plugin]), ...(ansible ? ['ansible' as const] : [])]
}

function sharedVariables({ variables }: TemplateInput): readonly Block[] {
  const unset = 'if it is not set, each cloud has its own'
  return [
    variableBlock('image_name', {
      type: 'string',
      description: 'What the name of the image begins with',
      default: variables.imageName,
    }),
    variableBlock('sindri_version', {
      type: 'string',
      description: 'The version of Sindri to install',
      default: variables.sindriVersion,
    }),
    variableBlock('profile', {
      type: 'string',
      description: 'The profile of extensions to install',
      default: variables.profile,
    }),
    variableBlock('extensions', {
      type: 'list(string)',
      description: 'Extensions to install besides those of the profile',
      default: variables.extensions,
    }),
    variableBlock('region', { type: 'string', description: `Where to build; ${unset}`, default: none }),
    variableBlock('instance_type', {
      type: 'string',
      description: `The type of the machine that builds; ${unset}`,
      default: none,
    }),
    variableBlock('volume_size', { type: 'number', description: `Size of the disk in GiB; ${unset}`, default: none }),
  ]
}

function cloudBlocks(input: TemplateInput): readonly Block[] {
  const { builder, label, attributes, blocks } = input.source
  const defaults = Object.entries(input.defaults)
  return [
    ...(input.ownVariables ?? []),
    block(
      'locals',
      [],
      Object.fromEntries(
        defaults.map(([name, value]) => [
          `${input.cloud}_${name}`,
          typeof value === 'object' ? either(variable(name), value) : call('coalesce', variable(name), value),
        ]),
      ),
    ),
    block('source', [builder, label], attributes, blocks),
    block('build', [], { sources: [`source.${builder}.${label}`] }, [
      ...input.provision.map((phase) => provisioner(phase, input)),
      block('post-processor', ['manifest'], { output: input.manifest, custom_data: input.custom }),
    ]),
  ]
}

function provisioner(phase: Phase, { manifest, rootLogin }: Pick<TemplateInput, 'manifest' | 'rootLogin'>): Block {
  const asRoot = rootLogin === true ? byRoot : throughSudo
  switch (phase.kind) {
    case 'download':
      return block('provisioner', ['file'], {
        direction: 'download',
        source: phase.source,
        destination: join(dirname(manifest), phase.name),
      })
    case 'upload':
      return block('provisioner', ['file'], { source: located(phase.source), destination: phase.destination })
    case 'script': {
      const variables = environmentVariables(phase.environment)
      const shell = block('provisioner', ['shell'], {
        script: located(phase.path),
        environment_vars: Object.keys(phase.environment).length === 0 ? undefined : variables,
        execute_command: phase.asRoot ? asRoot : undefined,
        skip_clean: phase.removesItself === true ? true : undefined,
      })
      return { ...shell, comment: phase.title }
    }
    case 'ansible':
      return block('provisioner', ['ansible'], { playbook_file: located(phase.playbook), use_proxy: false })
  }
}

/** Packer itself would look where it was started. */
function located(path: string): Value {
  return isAbsolute(path) ? path : interpolate([templateFolder, `/${path}`])
}
