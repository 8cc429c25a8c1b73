import type { Command } from 'commander'
import { withCommon } from './options.ts'
import type { CommonFlags, Session } from './session.ts'

/** `sindri try`: the main job from end to end, rehearsed. */
export function tryCommand(parent: Command, session: Session): void {
  withCommon(parent.command('try'))
    .summary('The main job from end to end, rehearsed')
    .description(
      'The main job from end to end, rehearsed on this machine: check, build, copy, share, list, deploy, log in, ' +
        'terminate, delete. Ends the rehearsal it ran in. No account is needed.',
    )
    .action((flags: CommonFlags) =>
      session.run({ ...flags, rehearse: true }, async (context) => {
        const { attempt } = await import('../actions/try.ts')
        const say = (text: string): void => (flags.json === true ? session.tell(text) : session.text(`${text}\n`))
        const result = await attempt(context, say)
        if (flags.json === true) session.result(flags, result, '')
        return 0
      }),
    )
}
