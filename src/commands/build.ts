import type { Command } from 'commander'
import { defaults } from '../actions/flags.ts'
import {
  assignments,
  bases,
  type CloudsFlags,
  listOf,
  onlyCloud,
  repeated,
  wholeNumber,
  withClouds,
  withImage,
  withRegion,
} from './options.ts'
import type { Session } from './session.ts'

interface BuildFlags extends CloudsFlags {
  readonly name?: string
  readonly sindriVersion?: string
  readonly profile?: string
  readonly extensions?: readonly string[]
  readonly region?: string
  readonly instanceType?: string
  readonly diskSize?: number
  readonly base?: string
  readonly cisHardening?: boolean
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly strict?: boolean
  readonly varFile?: readonly string[]
  readonly var?: Readonly<Record<string, string>>
}

export function buildCommand(command: Command, session: Session): Command {
  withRegion(withImage(withClouds(command)))
    .summary('Build a VM image, copy it and open it to its readers')
    .description(
      'Build a VM image with Packer, copy it to further regions and open it to its readers. Safe to repeat: it goes on ' +
        'where an interrupted run stopped, and finds an image that was made from the same configuration.',
    )
    .option('--profile <profile>', `extension profile (default: ${defaults['providers.packer.build.profile']})`)
    .option(
      '--extensions <list>',
      'extensions besides the profile’s, comma-separated; in place of those in the config',
      listOf,
    )
    .option(
      '--instance-type <type>',
      `instance type to build on (default: the cloud’s own, on aws ${defaults['providers.packer.aws.instance_type']})`,
    )
    .option(
      '--disk-size <gb>',
      `size of the disk in GiB (default: ${defaults['providers.packer.aws.volume_size']})`,
      wholeNumber,
    )
    .option(
      '--base <base>',
      `what the image starts from: ${bases} (default: ${defaults['providers.packer.build.base']})`,
    )
    .option('--cis-hardening', 'harden in the manner of CIS level 1')
    .option(
      '-f, --force',
      'build even if an image of this config exists; it stays. A build that was begun is still finished first',
    )
    .option(
      '--dry-run',
      'print the Packer template, with --json as template, and do nothing else; works offline and without Packer',
    )
    .option('--strict', 'fail, not warn, when the installed Packer cannot protect the build as configured')
    .option('--var-file <file>', 'Packer variable file (.pkrvars.hcl or .pkrvars.json); may be repeated', repeated)
    .option('--var <name=value>', 'Packer variable; may be repeated', assignments)
  return command.action((flags: BuildFlags) =>
    session.run(flags, async (context) => {
      const one = onlyCloud(flags.cloud)
      const clouds = one === undefined ? flags.cloud : undefined
      const options = { config: flags.config, flags: { ...one, ...flagsOf(flags) }, strict: flags.strict === true }
      if (flags.dryRun) {
        const [{ dryRun }, { costText }] = await Promise.all([
          import('../actions/dry-run.ts'),
          import('../report/cost-text.ts'),
        ])
        const result = await dryRun({ ...options, clouds }, context)
        session.result(flags, result, result.template.trimEnd())
        if (flags.json !== true && flags.quiet !== true) session.tell(`Cost: ${costText(result.cost)}`)
        return 0
      }
      const building = {
        ...options,
        force: flags.force === true,
        debug: flags.debug === true,
        varFiles: flags.varFile ?? [],
        variables: flags.var ?? {},
      }
      const [{ build }, { buildEach }, { buildText }, { outcomesExitCode, outcomesJson, outcomesText }] =
        await Promise.all([
          import('../actions/build/build.ts'),
          import('../actions/build/build-each.ts'),
          import('../report/results.ts'),
          import('../report/outcomes.ts'),
        ])
      if (clouds === undefined) {
        const result = await build(building, context)
        session.result(flags, result, buildText(result))
        return result.failed.length > 0 ? 4 : 0
      }
      const outcomes = await buildEach({ ...building, clouds }, context)
      session.result(
        flags,
        outcomesJson('builds', outcomes, (result) => result),
        outcomesText(outcomes, buildText),
      )
      return outcomesExitCode(outcomes, ({ failed }) => failed.length === 0)
    }),
  )
}

function flagsOf(flags: BuildFlags) {
  return {
    ...(flags.name === undefined ? {} : { name: flags.name }),
    ...(flags.sindriVersion === undefined ? {} : { sindriVersion: flags.sindriVersion }),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ...(flags.extensions === undefined ? {} : { extensions: flags.extensions }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.instanceType === undefined ? {} : { instanceType: flags.instanceType }),
    ...(flags.diskSize === undefined ? {} : { diskSizeGiB: flags.diskSize }),
    ...(flags.base === undefined ? {} : { baseImage: flags.base }),
    ...(flags.cisHardening === undefined ? {} : { cisHardening: flags.cisHardening }),
  }
}
