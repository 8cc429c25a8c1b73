import { join } from 'node:path'
import type { Resolved } from '../../config/resolved.ts'
import type { Context } from '../context.ts'
import type { Executable } from '../executable.ts'

/** The running Sindri as an image installs it, when the config asks for `latest`; otherwise the image fetches a release. */
export async function sindriArchive(resolved: Resolved, context: Context): Promise<Executable | undefined> {
  if (resolved.build.sindriVersion !== 'latest') return undefined
  const { sindriExecutable } = await import('../executable.ts')
  return sindriExecutable({
    bundle: context.self.bundle,
    node: context.self.node,
    nodeVersion: context.self.nodeVersion,
    arch: resolved.build.arch === 'arm64' ? 'arm64' : 'x64',
    cache: join(context.cache, 'executables'),
    tell: (message) => context.emit({ type: 'note', message }),
  })
}

/** The version number an image records: of `latest`, that of the running Sindri. */
export function versionOf(resolved: Resolved, context: Context): string {
  return resolved.build.sindriVersion === 'latest' ? context.self.version : resolved.build.sindriVersion
}
