import type { CloudName } from './cloud-name.ts'
import type { Origin } from './resolved.ts'
import type { Config } from './schema.ts'

type Section = Readonly<Record<string, unknown>>

/** Where each setting came from, by its path in sindri.yaml. `filled` holds the sections with their defaults. */
export function originsOf(
  config: Config,
  flagged: ReadonlyMap<string, string>,
  filled: Readonly<Record<string, Section>>,
): Readonly<Record<string, Origin>> {
  const packer: Section = { ...config.providers?.packer }
  const origins: Record<string, Origin> = {}
  for (const key of ['cloud', 'image_name', 'description', 'tags']) {
    note(`providers.packer.${key}`, packer[key] === undefined ? 'default' : 'providers.packer')
  }
  if (packer.image_name === undefined && config.name !== undefined) origins['providers.packer.image_name'] = 'name'
  for (const [name, section] of Object.entries(filled)) {
    noteSection(`providers.packer.${name}`, section, packer[name], `providers.packer.${name as 'build' | CloudName}`)
  }
  const { profile, additional } = config.extensions ?? {}
  if (config.providers?.packer?.build?.profile === undefined && profile !== undefined) {
    origins['providers.packer.build.profile'] = 'extensions'
  }
  if (config.providers?.packer?.build?.extensions === undefined && additional !== undefined) {
    origins['providers.packer.build.extensions'] = 'extensions'
  }
  return origins

  function noteSection(path: string, section: Section, written: unknown, origin: Origin): void {
    for (const [key, value] of Object.entries(section)) {
      if (value === undefined) continue
      const own = isSection(written) ? written[key] : undefined
      if (isSection(value) && Object.keys(value).length > 0) noteSection(`${path}.${key}`, value, own, origin)
      else note(`${path}.${key}`, own === undefined ? 'default' : origin)
    }
  }

  function note(path: string, origin: Origin): void {
    origins[path] = flagged.has(path) ? 'flag' : origin
  }
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
