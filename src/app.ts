import { Command, CommanderError, Help } from 'commander'
import { buildCommand } from './commands/build.ts'
import { extensionCommands, profileCommands } from './commands/extensions.ts'
import { copyCommand, deleteCommand, listCommand } from './commands/images.ts'
import { initCommand } from './commands/init.ts'
import { deployCommand, terminateCommand } from './commands/instances.ts'
import { commonOptions } from './commands/options.ts'
import { doctorCommand, permissionsCommand } from './commands/prerequisites.ts'
import { publishCommands } from './commands/publish.ts'
import { rehearsalCommands } from './commands/rehearsal.ts'
import type { Session } from './commands/session.ts'
import { tryCommand } from './commands/try.ts'
import { validateCommand } from './commands/validate.ts'

/** The command tree. What a command does loads only when it runs. */
export function app(version: string, session: Session): Command {
  const program = new Command('sindri')
    .description('One sindri.yaml becomes golden VM images in many clouds')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(run with --help for the flags)')
    .configureHelp({
      sortSubcommands: false,
      groupItems(options, visible, groupOf) {
        const groups = new Help().groupItems(options, visible, groupOf)
        return new Map([...groups].sort(([a], [b]) => Number(a === commonOptions) - Number(b === commonOptions)))
      },
    })
  const vm = program.command('vm').alias('packer').description('VM images: build, list, share, copy, deploy, delete')
  buildCommand(vm.command('build'), session)
  validateCommand(vm.command('validate'), session)
  listCommand(vm.command('list'), session)
  copyCommand(vm.command('copy'), session)
  deleteCommand(vm.command('delete'), session)
  doctorCommand(vm.command('doctor'), session)
  initCommand(vm.command('init'), session)
  deployCommand(vm.command('deploy'), session)
  terminateCommand(vm.command('terminate'), session)
  permissionsCommand(vm.command('permissions'), session)
  publishCommands(vm, session)
  extensionCommands(program, session)
  profileCommands(program, session)
  rehearsalCommands(program, session)
  tryCommand(program, session)
  exitByError(program)
  return program
}

/** Why the command line was refused; empty when it asked for help, undefined when the error is none of commander's. */
export function refusedWords(error: unknown): string | undefined {
  if (!(error instanceof CommanderError)) return undefined
  return error.exitCode === 0 ? '' : error.message.replace(/^error: /, '')
}

function exitByError(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) exitByError(child)
}
