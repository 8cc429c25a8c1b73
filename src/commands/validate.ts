import type { Command } from 'commander'
import { type CloudFlags, withCloud, withImage } from './options.ts'
import type { Session } from './session.ts'

interface ValidateFlags extends CloudFlags {
  readonly name?: string
  readonly sindriVersion?: string
  readonly syntaxOnly?: boolean
  readonly strict?: boolean
}

export function validateCommand(command: Command, session: Session): Command {
  withImage(withCloud(command))
    .summary('Check the config, and its template with Packer')
    .description('Check the config, then its template with the installed Packer. Needs no credentials.')
    .option('--syntax-only', 'let Packer check the syntax only: it then finds neither unknown nor missing attributes')
    .option('--strict', 'fail, not warn, when the installed Packer cannot protect the build as configured')
  return command.action((flags: ValidateFlags) =>
    session.run(flags, async (context) => {
      const [{ invalid, validate }, { validateText }] = await Promise.all([
        import('../actions/validate.ts'),
        import('../report/results.ts'),
      ])
      const { cloud, name, sindriVersion } = flags
      const given = { ...(cloud && { cloud }), ...(name && { name }), ...(sindriVersion && { sindriVersion }) }
      const result = await validate(
        { config: flags.config, flags: given, syntaxOnly: flags.syntaxOnly === true, strict: flags.strict === true },
        context,
      )
      if (!result.valid && flags.json !== true) throw invalid(result)
      session.result(flags, result, validateText(result))
      return result.valid ? 0 : 1
    }),
  )
}
