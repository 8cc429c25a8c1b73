import { type Command, Option } from 'commander'
import { cloudNamed, targetNames } from '../actions/flags.ts'
import { withCommon, withRegion } from './options.ts'
import type { CommonFlags, Session } from './session.ts'

interface DoctorFlags extends CommonFlags {
  readonly cloud: string
  readonly config?: string
}

export function doctorCommand(command: Command, session: Session): Command {
  withCommon(command)
    .summary('Check Packer, credentials and permissions')
    .description(
      'Look for Packer, credentials and permissions, and say where the credentials were found. AWS, Azure and Google Cloud ' +
        'can be asked for permissions, the others cannot. Ends with exit code 3 when something a build needs is missing.',
    )
    .addOption(
      new Option('-c, --cloud <cloud>', 'a cloud, or all')
        .default('all')
        .argParser((word: string) => (word === 'all' ? word : cloudNamed(word))),
    )
    .option('--config <file>', 'the config to use (default: sindri.yaml, if there is one)')
  return command.action((flags: DoctorFlags) =>
    session.run(flags, async (context) => {
      const [{ doctor }, { doctorText }] = await Promise.all([
        import('../actions/doctor.ts'),
        import('../report/results.ts'),
      ])
      const result = await doctor({ config: flags.config, flags: {}, cloud: flags.cloud }, context)
      session.result(flags, result, doctorText(result))
      return result.ready ? 0 : 3
    }),
  )
}

interface PermissionsFlags extends CommonFlags {
  readonly cloud?: string
  readonly config?: string
  readonly region?: string
  readonly publish?: boolean
}

/** A disk is published to more clouds than images are built in. */
function targetNamed(word: string): string {
  const wanted = word.trim().toLowerCase()
  return targetNames.find((name) => name === wanted) ?? cloudNamed(word)
}

export function permissionsCommand(command: Command, session: Session): Command {
  withRegion(
    withCommon(command)
      .addOption(
        new Option('-c, --cloud <cloud>', 'the cloud (default: providers.packer.cloud in sindri.yaml)')
          .choices(targetNames)
          .argParser(targetNamed),
      )
      .option('--config <file>', 'the config to use (default: sindri.yaml, if there is one)'),
  )
    .summary('Print the least policy the credentials need for this config')
    .description(
      'Print what the credentials must be allowed for this config, in the cloud’s own language: an IAM policy (AWS), a ' +
        'custom role (Azure, Google Cloud), statements of a policy (Oracle Cloud), a RAM policy (Alibaba Cloud), the role and the rules (OpenStack). Offline.',
    )
  command.option('--publish', 'for publishing the finished disk of `release`, in place of building')
  return command.action((flags: PermissionsFlags) =>
    session.run(flags, async (context) => {
      const [{ permissions, releasePermissions }, { permissionsText }] = await Promise.all([
        import('../actions/permissions.ts'),
        import('../report/results.ts'),
      ])
      const { config, cloud, region, publish } = flags
      const result =
        publish === true
          ? await releasePermissions({ config, cloud }, context)
          : await permissions(
              { config, flags: { ...(cloud && { cloud: cloudNamed(cloud) }), ...(region && { region }) } },
              context,
            )
      session.result(flags, result.policy, permissionsText(result))
      return 0
    }),
  )
}
