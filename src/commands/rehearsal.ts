import type { Command } from 'commander'
import { repeated, withCommon } from './options.ts'
import type { CommonFlags, Session } from './session.ts'

interface UpFlags extends CommonFlags {
  readonly policy?: string
  readonly fault?: readonly string[]
}

/** `sindri rehearsal up|down|status|env`. */
export function rehearsalCommands(parent: Command, session: Session): void {
  const rehearsal = parent.command('rehearsal').description('The stand-in of the clouds on this machine')
  withCommon(rehearsal.command('up'))
    .summary('Start it; the first time makes its base disk')
    .description(
      'Start the stand-in of the clouds on this machine, unless it runs. The first time makes its base disk, which takes ' +
        'about a minute. --rehearse does the same when it is needed.',
    )
    .option(
      '--policy <file>',
      'enforce this policy or role, as `sindri vm permissions` prints it, in the cloud whose language it is in; none lifts it',
    )
    .option('--fault <fault>', 'let calls fail, as in CopyImage:before:Throttling:2; may be repeated', repeated)
    .action((flags: UpFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const { rehearsalUp } = await import('../actions/rehearsal.ts')
        const { endpoint, proxy, caFile, bases } = await rehearsalUp(
          { policy: flags.policy, faults: flags.fault },
          context,
        )
        const offered = bases.map(
          ({ name, offered, note }) => `  ${name}: ${offered ? 'offered' : `not offered: ${note}`}`,
        )
        const text = [
          `Rehearsal running at ${endpoint}`,
          'Bases:',
          ...offered,
          'Point other tools at it: eval "$(sindri rehearsal env)"',
        ].join('\n')
        session.result(flags, { endpoint, proxy, ca_file: caFile, bases }, text)
        return 0
      }),
    )
  withCommon(rehearsal.command('down'))
    .summary('Stop it and remove all it made')
    .description('Stop it and remove all it made.')
    .action((flags: CommonFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const { rehearsalDown } = await import('../actions/rehearsal.ts')
        const result = await rehearsalDown(context)
        session.result(
          flags,
          result,
          result.stopped.length === 0 ? 'Nothing was running' : `Stopped: ${result.stopped.join(', ')}`,
        )
        return 0
      }),
    )
  withCommon(rehearsal.command('status'))
    .summary('Tell what the rehearsed clouds hold')
    .description('Tell what the rehearsed clouds hold, by cloud and region.')
    .action((flags: CommonFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const [{ rehearsalStatus }, { statusText }] = await Promise.all([
          import('../actions/rehearsal.ts'),
          import('../report/results.ts'),
        ])
        const status = await rehearsalStatus(context)
        session.result(flags, status, statusText(status))
        return 0
      }),
    )
  withCommon(rehearsal.command('env'))
    .summary('Print shell exports for other tools')
    .description(
      'Print shell exports that point the vendors’ command lines and Packer at the running rehearsal, for ' +
        '`eval "$(sindri rehearsal env)"`.',
    )
    .action((flags: CommonFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const { rehearsalEnvironment } = await import('../actions/rehearsal.ts')
        const environment = await rehearsalEnvironment(context)
        const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`
        const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`)
        session.result(flags, environment, ['unset AWS_PROFILE AWS_DEFAULT_PROFILE', ...lines].join('\n'))
        return 0
      }),
    )
  rehearsal.command('serve', { hidden: true }).action(() =>
    session.run({ rehearse: 'never' }, async (context) => {
      const { rehearsalServe } = await import('../actions/rehearsal.ts')
      await rehearsalServe(context)
      return 0
    }),
  )
}
