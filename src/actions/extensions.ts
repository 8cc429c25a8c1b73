import { nearest } from '../config/did-you-mean.ts'
import { type Complaint, SindriError } from '../core/error.ts'
import shipped from './extensions.generated.json' with { type: 'json' }

/** What is to be known of a catalogue before its files are read. That of `extensions/` is generated, so that no build parses YAML for it. */
export interface ExtensionIndex {
  readonly profiles: Readonly<Record<string, readonly string[]>>
  readonly extensions: Readonly<Record<string, IndexedExtension>>
}

interface IndexedExtension {
  readonly version: string
  readonly dependencies: readonly string[]
  readonly distributions: readonly string[]
  readonly architectures: readonly string[]
}

/** An extension to install; its files lie in `extensions/<name>/`. */
export interface ExtensionPlan {
  readonly name: string
  readonly version: string
}

/** A kind of machine. Without a distribution it is not known, as for an image given by its id. */
export interface Target {
  readonly distribution: string | undefined
  readonly architecture: string
}

/**
 * The extensions of a profile and those named in addition, with all they depend on, each after what it depends on; the
 * order is the same for the same input.
 * @throws SindriError `config` for an unknown profile or extension, and for extensions that depend on each other
 */
export function planExtensions(
  profile: string,
  extra: readonly string[],
  index: ExtensionIndex = shipped,
): readonly ExtensionPlan[] {
  const chosen = Object.hasOwn(index.profiles, profile) ? index.profiles[profile] : undefined
  if (chosen === undefined) throw unknown('profile', profile, Object.keys(index.profiles))
  return orderExtensions([...chosen, ...extra], index)
}

/** Like `planExtensions`, of extensions alone. */
export function orderExtensions(names: readonly string[], index: ExtensionIndex): readonly ExtensionPlan[] {
  const planned = new Map<string, ExtensionPlan>()
  function add(name: string, path: readonly string[]): void {
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' → ')
      throw new SindriError('config', `extensions depend on each other: ${circle}`, {
        hint: 'remove one of these dependencies',
      })
    }
    if (planned.has(name)) return
    const extension = Object.hasOwn(index.extensions, name) ? index.extensions[name] : undefined
    if (extension === undefined) throw unknown('extension', name, Object.keys(index.extensions), path.at(-1))
    for (const dependency of extension.dependencies) add(dependency, [...path, name])
    planned.set(name, { name, version: extension.version })
  }
  for (const name of names) add(name, [])
  return [...planned.values()]
}

/**
 * Refuses a plan when one of its extensions cannot be installed on such a machine.
 * @throws SindriError `unsupported`, naming all of them
 */
export function refuseUnsupported(
  plan: readonly ExtensionPlan[],
  { distribution, architecture }: Target,
  index: ExtensionIndex = shipped,
): void {
  const complaints = plan.flatMap(({ name }): Complaint[] => {
    const extension = index.extensions[name]
    if (extension === undefined) return []
    const refuse = (where: string, instead: readonly string[]): Complaint => ({
      message: `${name} cannot be installed on ${where}`,
      hint: `it can be on ${instead.join(', ')}`,
    })
    const { distributions, architectures } = extension
    return [
      ...(distribution === undefined || distributions.includes(distribution)
        ? []
        : [refuse(distribution, distributions)]),
      ...(architectures.includes(architecture) ? [] : [refuse(architecture, architectures)]),
    ]
  })
  const [first, ...others] = complaints
  if (first === undefined) return
  const message =
    others.length === 0 ? first.message : `${complaints.length} things cannot be installed: nothing was installed`
  throw new SindriError('unsupported', message, {
    ...(others.length === 0 && first.hint !== undefined ? { hint: first.hint } : {}),
    complaints,
  })
}

/** The error for a name that is none of the known ones; says the nearest, else all. */
export function unknown(kind: string, wanted: string, known: readonly string[], neededBy?: string): SindriError {
  const near = nearest(wanted, known)
  const hint = near === undefined ? `there are: ${known.join(', ')}` : `did you mean ${near}?`
  const by = neededBy === undefined ? '' : ` (needed by ${neededBy})`
  return new SindriError('config', `there is no ${kind} ${wanted}${by}`, { hint })
}
