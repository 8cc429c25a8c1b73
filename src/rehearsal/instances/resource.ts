import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SindriError } from '../../core/error.ts'

/** A file that is run by another program than this one, so that no bundler may take it in. */
export type Resource = 'build-base.sh' | 'machine-init.sh' | 'machine-boot.sh' | 'gate.js'

/**
 * Where a resource is: beside this source file or, in the published package, in `dist/rehearsal/`, whichever chunk of
 * `dist/` this function was bundled into.
 */
export function resourcePath(name: Resource): string {
  const places = [`./${name}`, `./rehearsal/${name}`, `../rehearsal/${name}`]
  for (const place of places) {
    const path = fileURLToPath(new URL(place, import.meta.url))
    if (existsSync(path)) return path
  }
  throw new SindriError('prerequisite', `${name} is missing beside ${fileURLToPath(import.meta.url)}`, {
    hint: 'install Sindri from its package or its repository: a single file does not hold what a rehearsal runs',
  })
}
