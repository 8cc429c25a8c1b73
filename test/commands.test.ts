import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { app } from '../src/app.ts'
import type { Session } from '../src/commands/session.ts'

const file = join(import.meta.dirname, '../docs/commands.md')
const everyCommand = 'Flags of every command'

function unused(): never {
  throw new Error('reading the command tree runs nothing')
}
const session: Session = { run: unused, result: unused, text: unused, tell: unused, confirm: unused }

/** The commands that do something, by what is typed to run them, each with its flags. */
function commandsOf(command: Command, words: string): readonly (readonly [string, readonly string[]])[] {
  const help = command.createHelp()
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  if (children.length > 0) return children.flatMap((child) => commandsOf(child, `${words} ${child.name()}`))
  const places = command.registeredArguments
    .map((one) => (one.required ? ` <${one.name()}>` : ` [${one.name()}]`))
    .join('')
  const flags = help.visibleOptions(command).map((option) => option.flags)
  return [[`${words}${places}`, flags.filter((flag) => flag !== '-h, --help')]]
}

/** The flags in the tables of a document, by the heading above them. */
function flagsByHeading(text: string): ReadonlyMap<string, readonly string[]> {
  const sections = text.split(/^## /m).slice(1)
  return new Map(
    sections.map((section) => {
      const heading = section.slice(0, section.indexOf('\n')).replaceAll('`', '')
      return [heading, [...section.matchAll(/^\| `(-[^`]*)`/gm)].map(([, flag = '']) => flag)]
    }),
  )
}

const documented = flagsByHeading(readFileSync(file, 'utf8'))
const common = documented.get(everyCommand) ?? []
const commands = commandsOf(app('0.0.0', session), 'sindri')

test('docs/commands.md has a section for every command, and for nothing else', () => {
  const headings = [...documented.keys()].filter((heading) => heading.startsWith('sindri '))
  expect(headings).toEqual(commands.map(([words]) => words))
})

test.each(commands)('docs/commands.md names the flags that %s has', (words, flags) => {
  expect([...common, ...(documented.get(words) ?? [])].sort()).toEqual([...flags].sort())
})
