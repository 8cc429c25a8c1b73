import type { Command } from 'commander'
import { defaults } from '../actions/flags.ts'
import { bases, type CloudFlags, withCloud, withImage } from './options.ts'
import type { Session } from './session.ts'

interface InitFlags extends CloudFlags {
  readonly name?: string
  readonly sindriVersion?: string
  readonly base?: string
  readonly output: string
  readonly force?: boolean
}

export function initCommand(command: Command, session: Session): Command {
  withImage(withCloud(command))
    .summary('Write a folder that plain Packer builds')
    .description(
      'Write a folder that plain Packer builds with no Sindri beside it: template, scripts, extensions and the files the ' +
        'config names.',
    )
    .option('-o, --output <folder>', 'where to write it', '.')
    .option(
      '--base <base>',
      `what the image starts from: ${bases} (default: ${defaults['providers.packer.build.base']})`,
    )
    .option('-f, --force', 'overwrite files that exist')
  return command.action((flags: InitFlags) =>
    session.run(flags, async (context) => {
      const [{ init }, { initText }] = await Promise.all([import('../actions/init.ts'), import('../report/results.ts')])
      const { cloud, name, sindriVersion, base } = flags
      const given = {
        ...(cloud && { cloud }),
        ...(name && { name }),
        ...(sindriVersion && { sindriVersion }),
        ...(base && { baseImage: base }),
      }
      const result = await init(
        { config: flags.config, flags: given, output: flags.output, force: flags.force === true },
        context,
      )
      session.result(flags, result, initText(result))
      return 0
    }),
  )
}
