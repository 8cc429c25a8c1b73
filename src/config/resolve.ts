import { type Complaint, SindriError } from '../core/error.ts'
import { imageNameOf, vendorMistakes } from './check.ts'
import { type CloudName, cloudNames } from './cloud-name.ts'
import { mistakesOf } from './complaints.ts'
import { withDefaults } from './defaults.ts'
import { type Flags, settingOf, withFlags } from './flags.ts'
import { dotted, type Mistake } from './mistake.ts'
import { originsOf } from './origins.ts'
import { complaintAbout, configError } from './places.ts'
import { defaultFile } from './read.ts'
import { referencesIn } from './references.ts'
import type { DeploySettings, Resolved } from './resolved.ts'
import { isFlexShape } from './rules/oci.ts'
import { type Config, configSchema } from './schema.ts'
import type { BuildSettings } from './sections/build.ts'
import { camelCase } from './written.ts'

/** What resolving may look at besides the configuration. */
export interface ResolveContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** For showing only, when nothing is built: a variable that is not set is then no mistake. */
  readonly partial?: boolean
}

type Section = Readonly<Record<string, unknown>>

/**
 * Merges flags, sindri.yaml and defaults into all there is to know of one image. A flag wins over `providers.packer`,
 * that over the top-level `extensions` and `name`, and those over the defaults. Throws one SindriError('config') with
 * every mistake in the merged settings, or SindriError('usage') when no cloud is chosen.
 */
export function resolve(config: Config, flags: Flags, context: ResolveContext): Resolved {
  const cloud = flags.cloud ?? config.providers?.packer?.cloud
  if (cloud === undefined) {
    throw new SindriError('usage', 'no cloud is chosen', {
      hint: `give --cloud ${cloudNames.join('|')}, or set providers.packer.cloud in ${defaultFile}`,
    })
  }
  const { config: merged, flagged } = withFlags(config, flags, cloud)
  const packer = merged.providers?.packer ?? {}
  const build = withDefaults('providers.packer.build', {
    ...packer.build,
    profile: packer.build?.profile ?? merged.extensions?.profile,
    extensions: packer.build?.extensions ?? merged.extensions?.additional,
  })
  const section = withDefaults(`providers.packer.${cloud}`, { ...packer[cloud] })
  if (cloud === 'oci' && !isFlexShape(String(section.shape))) delete section.shape_config
  const shared = withDefaults('providers.packer', { description: packer.description, tags: packer.tags })

  const references = referencesIn(cloud, section, packer.build?.environment ?? {}, context)
  const mistakes = [...mergedMistakes(merged, cloud), ...references.mistakes]
  if (mistakes.length > 0) {
    const complaints = mistakes.map((mistake) => complaintInWordsOfFlags(mistake, config, flagged))
    throw configError(complaints, 'the configuration')
  }

  const { deploy, ...settings } = camelCased({ ...section, ...references.fields })
  const { namePrefix: _, ...buildSettings } = camelCased(build)
  // Casts: the schema has checked the merged settings, and every default is of its field's type (defaults.test.ts).
  return frozen({
    cloud,
    imageName: imageNameOf(merged),
    description: shared.description as string,
    tags: shared.tags as Resolved['tags'],
    build: { ...buildSettings, environment: references.environment } as unknown as BuildSettings,
    [cloud]: settings,
    deploy: deploySettings(cloud, settings, deploy as Section | undefined, packer.image_id, flags),
    secrets: references.secrets,
    origins: originsOf(merged, flagged, { build, [cloud]: section }),
  })
}

/** What the schema and the rules say to the configuration with the flags in it. */
function mergedMistakes(merged: Config, cloud: CloudName): Mistake[] {
  const parsed = configSchema.safeParse(merged)
  if (parsed.success) return vendorMistakes(parsed.data, cloud)
  return parsed.error.issues.flatMap((issue) =>
    mistakesOf(issue, { value: merged, source: () => undefined }, configSchema),
  )
}

/** `providers.packer.aws.region: …` becomes `--region: …`, and has no place in the file, when a flag gave the value. */
function complaintInWordsOfFlags(mistake: Mistake, config: Config, flagged: ReadonlyMap<string, string>): Complaint {
  const at = dotted(mistake.path)
  for (const [path, flag] of flagged) {
    if (at !== path && !at.startsWith(`${path}[`)) continue
    const { message, hint } = mistake
    return { message: message.replace(path, flag), ...(hint !== undefined && { hint }) }
  }
  return complaintAbout(config, mistake)
}

function deploySettings(
  cloud: CloudName,
  settings: Section,
  deploy: Section | undefined,
  imageId: string | undefined,
  flags: Flags,
): DeploySettings {
  const key = settingOf('instanceType', cloud).split('.')[1] ?? ''
  const chosen = {
    subnetId: settings.subnetId,
    sshSourceRanges: settings.sshSourceRanges ?? [],
    ...deploy,
    imageId,
    instanceType: flags.instanceType ?? deploy?.instanceType ?? settings[camelCase(key)],
  }
  // Cast: AWS has all of this in its section, and of the other clouds only the instance type is known.
  return withoutUndefined(cloud === 'aws' ? chosen : { ...chosen, subnetId: undefined }) as unknown as DeploySettings
}

/** A section with camelCase keys; maps keep the user's own. */
function camelCased(section: Section): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(section)) {
    if (value !== undefined) result[camelCase(key)] = isSubsection(key, value) ? camelCased(value) : value
  }
  return result
}

const subsections: ReadonlySet<string> = new Set(['security', 'deploy', 'gallery', 'shape_config'])

function isSubsection(key: string, value: unknown): value is Section {
  return subsections.has(key) && typeof value === 'object' && value !== null
}

function withoutUndefined(section: Section): Section {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined))
}

/** A copy that cannot be changed, of what is made of plain objects and lists. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  const copy = Array.isArray(value)
    ? value.map(frozen)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, frozen(inner)]))
  // Cast: the copy has the same keys and values.
  return Object.freeze(copy) as T
}
