import { SindriError } from '../core/error.ts'
import { catalogueIndex } from '../extensions/catalogue-index.ts'
import { installExtension } from '../extensions/install.ts'
import { machinePlaces } from '../extensions/installed.ts'
import { thisMachine } from '../extensions/machine.ts'
import type { Context } from './context.ts'
import { type CatalogueOptions, catalogueFor, entryOf } from './extension-catalogue.ts'
import { type ExtensionPlan, orderExtensions, planExtensions, refuseUnsupported } from './extensions.ts'

/** What to install on this machine. */
export interface InstallExtensionsOptions extends CatalogueOptions {
  readonly names: readonly string[]
  /** A profile to install besides. */
  readonly profile?: string
  /** Install also what is there and works. */
  readonly force: boolean
}

/** What became of one extension. */
export interface InstalledExtension {
  readonly name: string
  readonly version: string
  /** `present`: it was there already, and works. */
  readonly state: 'installed' | 'present'
}

/**
 * Installs extensions on this machine with all they depend on, each after what it depends on and each proven to work.
 * Nothing is installed when one of them cannot be here. Safe to repeat: what is there and works is left alone.
 * @throws SindriError `config` (unknown names, circles), `unsupported`, `prerequisite` without root, `failed` by name
 */
export async function installExtensions(
  options: InstallExtensionsOptions,
  context: Context,
): Promise<readonly InstalledExtension[]> {
  const catalogue = catalogueFor(options, context)
  const index = catalogueIndex(catalogue)
  const plan =
    options.profile === undefined
      ? orderExtensions(options.names, index)
      : planExtensions(options.profile, options.names, index)
  const machine = thisMachine()
  refuseUnsupported(plan, machine, index)
  if (plan.length > 0 && !machine.root) throw needsRoot(plan)

  const { environment, signal, clock } = context
  const done: InstalledExtension[] = []
  for (const { name, version } of plan) {
    const step = { type: 'step', id: `extension/${name}`, title: `Install ${name}` } as const
    context.emit({ ...step, state: 'started' })
    try {
      const state = await installExtension(entryOf(name, catalogue), {
        ...{ environment, signal, clock, machine, places: machinePlaces, force: options.force },
      })
      context.emit({ ...step, state: state === 'present' ? 'adopted' : 'done' })
      done.push({ name, version, state })
    } catch (error) {
      context.emit({ ...step, state: signal.aborted ? 'cancelled' : 'failed' })
      throw error
    }
  }
  return done
}

function needsRoot(plan: readonly ExtensionPlan[]): SindriError {
  const names = plan.map(({ name }) => name).join(', ')
  return new SindriError('prerequisite', `installing ${names} needs root: packages and programs go into the system`, {
    hint: 'run the same command with sudo',
  })
}
