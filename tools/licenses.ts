import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rolldown } from 'tsdown'

/** Writes `THIRD-PARTY-LICENSES.txt` beside the bundle: the licence of every npm package that went into it. */
export function licenses(): Rolldown.Plugin {
  return {
    name: 'licenses',
    generateBundle(_options, bundle) {
      const folders = new Set<string>()
      for (const output of Object.values(bundle)) {
        for (const module of output.type === 'chunk' ? output.moduleIds : []) {
          const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0]
          if (folder !== undefined) folders.add(folder)
        }
      }
      const source = [...folders].map(licenseOf).sort().join('\n')
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source })
    },
  }
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text =
    file === undefined ? 'The package holds no licence text.' : readFileSync(join(folder, file), 'utf8').trim()
  const notice = existsSync(join(folder, 'NOTICE')) ? `\n\n${readFileSync(join(folder, 'NOTICE'), 'utf8').trim()}` : ''
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}${notice}\n`
}
