import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** A fenced block of shell commands. `marker` is the HTML comment in the line before it. */
export interface Block {
  readonly file: string
  readonly line: number
  readonly marker: string | undefined
  readonly commands: string
}

/** The documents people read: those at the top, below docs/, and the READMEs beside code. */
export function documents(): readonly string[] {
  return globSync(['*.md', 'docs/**/*.md', 'src/**/*.md', 'extensions/**/*.md'], { cwd: root }).sort()
}

/** The shell blocks of a document. In a `console` block the lines after `$ ` are commands, the rest is what they print. */
export function blocksOf(file: string, text: string = readFileSync(join(root, file), 'utf8')): readonly Block[] {
  const fence =
    /(?:^[ \t]*<!--[ \t]*(.*?)[ \t]*-->[ \t]*\n\s*?)?^[ \t]*```(bash|sh|shell|console)[ \t]*\n([\s\S]*?)^[ \t]*```/gm
  return [...text.matchAll(fence)].map((match) => {
    const [whole, marker, language, body = ''] = match
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length
    const typed = body.split('\n').flatMap((text) => (text.startsWith('$ ') ? [text.slice(2)] : []))
    return { file, line, marker, commands: language === 'console' ? typed.join('\n') : body }
  })
}

/** The targets of relative links in a document that lead nowhere. */
export function brokenLinks(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .filter((target) => !existsSync(join(root, dirname(file), target.replace(/#.*$/, ''))))
}

/**
 * Runs the blocks of one document one after the other, as a reader would: in one empty folder, with an empty home and
 * this clone's `sindri` on PATH. Throws with what the shell said when a command fails.
 */
export function runBlocks(blocks: readonly Block[], env: NodeJS.ProcessEnv): void {
  const home = mkdtempSync(join(tmpdir(), 'sindri-docs-'))
  try {
    const [bin, cwd] = [join(home, 'bin'), join(home, 'work')]
    for (const folder of [bin, cwd]) mkdirSync(folder)
    const sindri = join(bin, 'sindri')
    writeFileSync(sindri, `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'src/cli.ts')}' "$@"\n`)
    chmodSync(sindri, 0o755)
    for (const { file, line, commands } of blocks) {
      try {
        execFileSync('sh', ['-eu', '-c', commands], {
          cwd,
          env: { ...env, HOME: home, PATH: `${bin}:${env.PATH ?? ''}` },
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      } catch (error) {
        throw new Error(`${file}:${line} does not run as written`, { cause: error })
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
