import { type CloudName, cloudNames } from './cloud-name.ts'
import { withDefaults } from './defaults.ts'
import { environmentName } from './environment.ts'
import { extraMistakes } from './extra.ts'
import { dotted, type Mistake } from './mistake.ts'
import { alibabaRules } from './rules/alibaba.ts'
import { awsRules, isArmInstanceType } from './rules/aws.ts'
import { azureArchRules, azureRules } from './rules/azure.ts'
import { baseRules } from './rules/base.ts'
import { gcpRules } from './rules/gcp.ts'
import { descriptionRules, imageNameRules, tagRulesFor } from './rules/naming.ts'
import { ociRules } from './rules/oci.ts'
import type { Complain } from './rules/rule.ts'
import type { CloudSettings, Config, PackerSection } from './schema.ts'
import type { Written } from './written.ts'

type Path = Mistake['path']

const cloudRules: { readonly [C in CloudName]: (section: Written<CloudSettings[C]>, complain: Complain) => void } = {
  aws: awsRules,
  azure: azureRules,
  gcp: gcpRules,
  oci: ociRules,
  alibaba: alibabaRules,
}

const packerPath = ['providers', 'packer'] as const

/**
 * What a configuration of the right form still gets wrong: the rules of every cloud that has a section, and what the
 * chosen cloud demands of the settings all clouds share. Defaults take part as if they were written.
 */
export function vendorMistakes(config: Config, cloud: CloudName | undefined): Mistake[] {
  const packer = config.providers?.packer ?? {}
  const mistakes: Mistake[] = []
  for (const name of cloudNames) {
    if (packer[name] !== undefined || name === cloud) cloudMistakes(name, packer, complainAt([...packerPath, name]))
    mistakes.push(...extraMistakes(name, packer[name]?.extra ?? {}))
  }
  for (const name of Object.keys(packer.build?.environment ?? {})) {
    const complain = complainAt([...packerPath, 'build', 'environment', name], true)
    if (!environmentName.test(name)) {
      complain([], 'is not a name for an environment variable', 'use letters, digits and _, not beginning with a digit')
    } else if (name.startsWith('SINDRI_')) {
      complain([], 'is a name Sindri uses itself', 'choose a name that does not begin with SINDRI_')
    }
  }
  if (cloud !== undefined) sharedMistakes(cloud, config, packer)
  return mistakes

  function sharedMistakes(cloud: CloudName, config: Config, packer: PackerSection): void {
    const fromName = packer.image_name === undefined && config.name !== undefined
    const namePath = fromName ? ['name'] : [...packerPath, 'image_name']
    imageNameRules(cloud, imageNameOf(config), complainAt(namePath))
    tagRulesFor(cloud, packer.tags ?? {}, complainAt([...packerPath, 'tags']))
    descriptionRules(cloud, packer.description ?? '', complainAt([...packerPath, 'description']))
    const build = withDefaults('providers.packer.build', { ...packer.build })
    baseRules(cloud, String(build.base), complainAt([...packerPath, 'build', 'base']))
    if (cloud === 'azure') {
      const azure = withDefaults('providers.packer.azure', { ...packer.azure })
      azureArchRules(azure, String(build.arch), complainAt([...packerPath, 'azure']))
    }
    if (cloud !== 'aws') return
    const { instance_type: type } = withDefaults('providers.packer.aws', { ...packer.aws })
    const arch = isArmInstanceType(String(type)) ? 'arm64' : 'x86_64'
    if (arch === build.arch) return
    const hint = `set providers.packer.build.arch: ${arch}, or a type such as ${arch === 'arm64' ? 't3.large' : 't4g.large'}`
    complainAt([...packerPath, 'aws', 'instance_type'])(
      [],
      `${type} is ${arch}, the image is to be ${build.arch}`,
      hint,
    )
  }

  function complainAt(path: Path, atKey = false): Complain {
    return (at, message, hint) => {
      mistakes.push({ path: [...path, ...at], atKey, message: `${dotted([...path, ...at])} ${message}`, hint })
    }
  }
}

function cloudMistakes<C extends CloudName>(cloud: C, packer: PackerSection, complain: Complain): void {
  const filled = withDefaults(`providers.packer.${cloud}`, { ...packer[cloud] })
  // An unwritten default inside a section is not for a rule to complain about.
  if (packer.oci?.shape_config === undefined) delete filled.shape_config
  // Cast: the defaults are those of this section's own fields (defaults.test.ts).
  cloudRules[cloud](filled as Written<CloudSettings[C]>, complain)
}

/** The name of the image, before the suffix of each build. */
export function imageNameOf(config: Config): string {
  const packer = config.providers?.packer
  const filled = withDefaults('providers.packer', { image_name: packer?.image_name ?? config.name })
  const prefix = packer?.build?.name_prefix
  return prefix === undefined ? String(filled.image_name) : `${prefix.replace(/-$/, '')}-${filled.image_name}`
}
