import type { Argument, Command, Option } from 'commander'
import { app } from '../src/app.ts'
import { commonOptions } from '../src/commands/options.ts'
import { replaced } from './page.ts'

function unused(): never {
  throw new Error('reading the command tree runs nothing')
}

/** The command tree, to be read. */
export function commandTree(): Command {
  return app('0.0.0', { run: unused, result: unused, text: unused, tell: unused, confirm: unused })
}

/** A page with the reference of every command that does something, as `--help` tells it. */
export function withCommandReference(page: string, program: Command): string {
  const commands = leaves(program, program.name())
  const common = commands[0]?.options.filter(isCommon) ?? []
  const lines = [
    '## Options of every command',
    '',
    ...table('Option', common.map(rowOf)),
    ...commands.flatMap(({ words, command, options }) => [
      '',
      `## \`${words}\``,
      '',
      sentence(command.description()),
      ...paragraphOf(command.registeredArguments),
      ...paragraphOf(options.filter((option) => !isCommon(option))),
    ]),
  ]
  return replaced(page, 'commands', lines)
}

interface Leaf {
  /** What is typed to run it, for example `sindri vm delete <image-id>`. */
  readonly words: string
  readonly command: Command
  readonly options: readonly Option[]
}

function leaves(command: Command, words: string): readonly Leaf[] {
  const help = command.createHelp()
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  if (children.length > 0) return children.flatMap((child) => leaves(child, `${words} ${child.name()}`))
  const places = command.registeredArguments.map((one) => ` ${placeOf(one)}`).join('')
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help')
  return [{ words: `${words}${places}`, command, options }]
}

function placeOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function isCommon(option: Option): boolean {
  return option.helpGroupHeading === commonOptions
}

function paragraphOf(items: readonly (Argument | Option)[]): readonly string[] {
  const [first] = items
  if (first === undefined) return []
  return ['', ...table('flags' in first ? 'Option' : 'Argument', items.map(rowOf))]
}

function rowOf(item: Argument | Option): readonly [string, string] {
  const standard = 'flags' in item && typeof item.defaultValue === 'string' ? ` (default: ${item.defaultValue})` : ''
  return ['flags' in item ? item.flags : placeOf(item), `${item.description}${standard}`]
}

function table(head: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  return [
    `| ${head} | What it does |`,
    '|---|---|',
    ...rows.map(([name, text]) => `| \`${name}\` | ${sentence(text).replaceAll('|', '\\|')} |`),
  ]
}

/** With a capital and a full stop; what looks like a placeholder is no HTML. */
function sentence(text: string): string {
  const safe = text.replace(/(?<!`[^`]*)<(\w+)>/g, '&lt;$1&gt;')
  return `${safe.charAt(0).toUpperCase()}${safe.slice(1)}${safe.endsWith('.') ? '' : '.'}`
}
