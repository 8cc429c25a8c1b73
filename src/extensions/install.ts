import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { messageOf, SindriError } from '../core/error.ts'
import type { Entry } from './catalogue.ts'
import { installedExtensions, type MachinePlaces, remember } from './installed.ts'
import type { Machine } from './machine.ts'
import { installBy } from './methods.ts'
import { openSession, type SessionOptions } from './session.ts'
import { extensionWorks } from './works.ts'

/** What installing takes from the world around it. */
export interface InstallOptions extends SessionOptions {
  readonly machine: Machine
  readonly places: MachinePlaces
  readonly clock: Clock
  /** Install also what is there and works. */
  readonly force: boolean
}

/**
 * Installs one extension, whose dependencies are installed, proves that it works and remembers it. `present`: it was
 * there as the catalogue has it, and works.
 * @throws SindriError `failed` that names the extension, what failed, its log and the log's last lines
 */
export async function installExtension(entry: Entry, options: InstallOptions): Promise<'installed' | 'present'> {
  const { name, version } = entry.definition
  const known = installedExtensions(options.places).get(name)
  if (!options.force && known?.digest === entry.digest && (await extensionWorks(entry, options)).works) return 'present'

  const session = openSession(name, options.places.logs, options)
  // Not in /tmp, which is often memory: some extensions fetch hundreds of megabytes.
  const work = await mkdtemp(join('/var/tmp', 'sindri-extension-'))
  try {
    await installBy(entry, { session, machine: options.machine, work })
    await session.run('its validate command', ['/bin/sh', '-eu', '-c', entry.definition.validate], {
      cwd: entry.folder,
    })
  } catch (cause) {
    options.signal.throwIfAborted()
    throw new SindriError('failed', `extension ${name}: ${messageOf(cause)}\n${indented(session.tail())}`, {
      hint: `the whole log is ${session.log}`,
      cause,
    })
  } finally {
    session.close()
    await rm(work, { recursive: true, force: true })
  }
  const installedAt = new Date(options.clock.now()).toISOString()
  remember(name, { version, digest: entry.digest, installed_at: installedAt }, options.places)
  return 'installed'
}

function indented(text: string): string {
  return text.replace(/^/gm, '  | ')
}
