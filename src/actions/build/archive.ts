import { join } from 'node:path'
import type { Resolved } from '../../config/resolved.ts'
import type { Context } from '../context.ts'

/** The running Sindri as an image installs it, when the config asks for `latest`; otherwise the image fetches a release. */
export async function sindriArchive(resolved: Resolved, context: Context): Promise<string | undefined> {
  if (resolved.build.sindriVersion !== 'latest') return undefined
  const { sindriExecutable } = await import('../executable.ts')
  const made = await sindriExecutable({
    bundle: context.self.bundle,
    node: context.self.node,
    arch: resolved.build.arch === 'arm64' ? 'arm64' : 'x64',
    cache: join(context.cache, 'executables'),
    tell: (message) => context.emit({ type: 'note', message }),
  })
  return made.file
}

/** The version number an image records: of `latest`, that of the running Sindri. */
export function versionOf(resolved: Resolved, context: Context): string {
  return resolved.build.sindriVersion === 'latest' ? context.self.version : resolved.build.sindriVersion
}
