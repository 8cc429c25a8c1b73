import * as z from 'zod/mini'
import { vendorMistakes } from './check.ts'
import { cloudNames } from './cloud-name.ts'
import { mistakesOf } from './complaints.ts'
import { nearest } from './did-you-mean.ts'
import type { Mistake } from './mistake.ts'
import { configError, inOrder, placed, rememberPlaces } from './places.ts'
import { type Config, configSchema } from './schema.ts'
import { readYaml } from './yaml.ts'

/**
 * Reads the text of a sindri.yaml. `file` is what complaints call it. Throws one SindriError('config') that holds
 * every mistake with its line and column.
 */
export function loadConfig(text: string, file: string): Config {
  const document = readYaml(text, file)
  const complaints = [...document.complaints]
  const parsed = configSchema.safeParse(document.value)
  if (document.value !== undefined) {
    const mistakes = parsed.success
      ? [...misspeltPacker(parsed.data), ...vendorMistakes(parsed.data, parsed.data.providers?.packer?.cloud)]
      : [
          ...parsed.error.issues.flatMap((issue) => mistakesOf(issue, document, configSchema)),
          ...vendorMistakes(intactPart(document.value, parsed.error.issues), undefined),
        ]
    complaints.push(...mistakes.map((mistake) => placed(mistake, document.place)))
    complaints.sort((a, b) => inOrder(a.where, b.where))
  }
  if (complaints.length > 0 || !parsed.success) throw configError(complaints, file)
  rememberPlaces(parsed.data, document.place)
  return parsed.data
}

const sectionNames: ReadonlySet<string> = new Set(['build', ...cloudNames])

/** The sections of `providers.packer` that no issue touches: their rules can be told of in the same breath. */
function intactPart(value: unknown, issues: readonly { readonly path: readonly PropertyKey[] }[]): Config {
  const broken = new Set(issues.map(({ path }) => path.slice(0, 2).join('.') === 'providers.packer' && path[2]))
  const loose = z.looseObject({ providers: z.looseObject({ packer: z.looseObject({}) }) }).safeParse(value)
  if (!loose.success) return {}
  const sections = Object.entries(loose.data.providers.packer).filter(
    ([key]) => sectionNames.has(key) && !broken.has(key),
  )
  const parsed = configSchema.safeParse({ providers: { packer: Object.fromEntries(sections) } })
  return parsed.success ? parsed.data : {}
}

/** Other providers' sections are theirs; but one that is nearly called packer was meant for us. */
function misspeltPacker(config: Config): Mistake[] {
  const names = Object.keys(config.providers ?? {})
  if (names.includes('packer')) return []
  return names
    .filter((name) => name !== 'docker' && nearest(name, ['packer']) !== undefined)
    .map((name) => ({
      path: ['providers', name],
      atKey: true,
      message: `providers.${name} is not a provider`,
      hint: 'did you mean "packer"?',
    }))
}
