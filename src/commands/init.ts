import type { Command } from 'commander'
import { type CloudFlags, withCloud, withImage } from './options.ts'
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
    .description('Write a folder that plain Packer builds with no Sindri beside it')
    .option('-o, --output <folder>', 'where to write it', '.')
    .option('--base <base>', 'base image: ubuntu-24.04, ubuntu-22.04, debian-12 or a vendor image id')
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
