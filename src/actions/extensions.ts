import { nearest } from '../config/did-you-mean.ts'
import { SindriError } from '../core/error.ts'
import shipped from './extensions.generated.json' with { type: 'json' }

/** What `extensions/` holds: profiles, and what each extension needs. Generated, so that no run parses YAML for it. */
export interface ExtensionIndex {
  readonly profiles: Readonly<Record<string, readonly string[]>>
  readonly extensions: Readonly<Record<string, { readonly version: string; readonly needs: readonly string[] }>>
}

/** An extension to install in an image; its scripts lie in `extensions/<name>/`. */
export interface ExtensionPlan {
  readonly name: string
  readonly version: string
}

/**
 * The extensions of a profile and those named in addition, with all they need, each after what it needs; the order is
 * the same for the same input.
 * @throws SindriError `config` for an unknown profile or extension, and for extensions that need each other
 */
export function planExtensions(
  profile: string,
  extra: readonly string[],
  index: ExtensionIndex = shipped,
): readonly ExtensionPlan[] {
  const chosen = Object.hasOwn(index.profiles, profile) ? index.profiles[profile] : undefined
  if (chosen === undefined) throw unknown('profile', profile, Object.keys(index.profiles))
  const planned = new Map<string, ExtensionPlan>()
  function add(name: string, path: readonly string[]): void {
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' → ')
      throw new SindriError('config', `extensions need each other: ${circle}`, { hint: 'remove one of these needs' })
    }
    if (planned.has(name)) return
    const extension = Object.hasOwn(index.extensions, name) ? index.extensions[name] : undefined
    if (extension === undefined) throw unknown('extension', name, Object.keys(index.extensions), path.at(-1))
    for (const need of extension.needs) add(need, [...path, name])
    planned.set(name, { name, version: extension.version })
  }
  for (const name of [...chosen, ...extra]) add(name, [])
  return [...planned.values()]
}

function unknown(kind: string, wanted: string, known: readonly string[], neededBy?: string): SindriError {
  const near = nearest(wanted, known)
  const hint = near === undefined ? `there are: ${known.join(', ')}` : `did you mean ${near}?`
  const by = neededBy === undefined ? '' : ` (needed by ${neededBy})`
  return new SindriError('config', `there is no ${kind} ${wanted}${by}`, { hint })
}
