import { type Command, Option } from 'commander'
import { targetNames } from '../actions/flags.ts'
import type { ReleaseOptions } from '../actions/publish/open.ts'
import { listOf, wholeNumber, withCommon } from './options.ts'
import type { CommonFlags, Session } from './session.ts'

interface ReleaseFlags extends CommonFlags {
  readonly config?: string
  readonly disk?: string
  readonly diskSha256?: string
  readonly releaseVersion?: string
  readonly os?: string
  readonly store?: string
  readonly only?: readonly string[]
}

interface ChangeFlags extends ReleaseFlags {
  readonly lockTimeout?: number
}

interface PublishFlags extends ChangeFlags {
  readonly imagesOnly?: boolean
  readonly settingsOnly?: boolean
}

interface ManifestFlags extends ReleaseFlags {
  readonly format: 'json' | 'markdown' | 'terraform' | 'packer'
}

interface UnpublishFlags extends ChangeFlags {
  readonly force?: boolean
}

/** Flags that say which release is meant. */
function withRelease(command: Command): Command {
  return withCommon(command)
    .option('--config <file>', 'the config to use (default: sindri.yaml)')
    .option('--disk <file>', 'the finished disk, or its https://, s3:// or gs:// address (default: release.disk)')
    .option('--disk-sha256 <hex>', 'sha256 that the disk’s file has to have (default: release.disk_sha256)')
    .option('--release-version <version>', 'version of the release (default: release.version)')
    .option('--os <name>', 'last part of the images’ names (default: release.os, else what the disk says)')
    .option(
      '--store <url>',
      'where several machines share the records: s3://…, gs://… or azblob://… (default: release.store, else this machine)',
    )
    .addOption(
      new Option('--only <clouds>', 'some of the clouds of the release (default: all)')
        .choices(targetNames)
        .argParser(listOf),
    )
}

function withLock(command: Command): Command {
  return command.option(
    '--lock-timeout <seconds>',
    'how long to wait for another sindri on the same clouds (default: 600)',
    wholeNumber,
  )
}

function optionsOf(flags: ChangeFlags) {
  return {
    config: flags.config,
    disk: flags.disk,
    diskSha256: flags.diskSha256,
    version: flags.releaseVersion,
    os: flags.os,
    store: flags.store,
    lockTimeoutMs: flags.lockTimeout === undefined ? undefined : flags.lockTimeout * 1000,
    // Cast: an unknown name is refused by name, since the release does not have it.
    only: flags.only as ReleaseOptions['only'],
  }
}

/** `sindri vm plan|publish|status|verify|unpublish`. */
export function publishCommands(vm: Command, session: Session): void {
  withRelease(vm.command('plan'))
    .summary('Show what publishing a disk would do')
    .description(
      'Show every step of publishing a finished disk, what of it exists already, and what would stop it. Reads only.',
    )
    .action((flags: ReleaseFlags) =>
      session.run(flags, async (context) => {
        const [{ planRelease }, { planText }] = await Promise.all([
          import('../actions/publish/plan.ts'),
          import('../report/publish-text.ts'),
        ])
        const result = await planRelease(optionsOf(flags), context)
        session.result(flags, result, planText(result))
        return result.findings.some(({ level }) => level === 'error') ? 1 : 0
      }),
    )
  withLock(withRelease(vm.command('publish')))
    .summary('Make a finished disk an image in clouds and regions')
    .description(
      'Make a finished disk an image in every cloud and region of `release`, then open it to its readers. Where no disk is ' +
        'named, the image that was built last of this config is copied within its own cloud. Safe to repeat: what exists is ' +
        'found, what was sent is not sent again, new regions and readers are added.',
    )
    .addOption(
      new Option(
        '--images-only',
        'make the images and open them to nobody: for jobs that each do some of the clouds',
      ).conflicts('settingsOnly'),
    )
    .option('--settings-only', 'make nothing, and open what is complete: for the last job')
    .action((flags: PublishFlags) =>
      session.run(flags, async (context) => {
        const [{ publish }, { publishText }] = await Promise.all([
          import('../actions/publish/publish.ts'),
          import('../report/publish-text.ts'),
        ])
        const part = flags.imagesOnly ? 'images' : flags.settingsOnly ? 'settings' : undefined
        const result = await publish({ ...optionsOf(flags), part }, context)
        session.result(flags, result, publishText(result))
        return result.failed.length > 0 ? 4 : 0
      }),
    )
  withRelease(vm.command('status'))
    .summary('Show the images of a release')
    .description('Show which images of a release exist, and who may use them. Needs no disk once it was published.')
    .action((flags: ReleaseFlags) => look(session, flags, 'status'))
  withRelease(vm.command('verify'))
    .summary('Compare the clouds with what is declared')
    .description(
      'Compare the images of a release with what is declared of them: that they exist, were made from this disk, who may ' +
        'use them, what points to them. Reads only. Ends with exit code 5 when something differs, and names it.',
    )
    .action((flags: ReleaseFlags) => look(session, flags, 'verify'))
  withRelease(vm.command('manifest'))
    .summary('Print what was published, for those who use it')
    .description(
      'Print the images of a release as the clouds have them now: as JSON (schema/manifest.schema.json), as a table of ' +
        'Markdown, as locals of Terraform, or as sources of Packer.',
    )
    .addOption(
      new Option('--format <format>', 'how it is written')
        .choices(['json', 'markdown', 'terraform', 'packer'])
        .default('json'),
    )
    .action((flags: ManifestFlags) =>
      session.run(flags, async (context) => {
        const [{ manifest }, text] = await Promise.all([
          import('../actions/publish/manifest.ts'),
          import('../report/manifest-text.ts'),
        ])
        const result = await manifest(optionsOf(flags), context)
        const written = {
          json: () => JSON.stringify(result, undefined, 2),
          markdown: () => text.manifestMarkdown(result),
          terraform: () => text.manifestTerraform(result),
          packer: () => text.manifestPacker(result),
        }
        session.result(flags, result, written[flags.format]())
        return 0
      }),
    )
  withLock(withRelease(vm.command('unpublish')))
    .summary('Remove the images of a release')
    .description('Remove every image of a release with its snapshots, after asking.')
    .option('-f, --force', 'do not ask')
    .action((flags: UnpublishFlags) =>
      session.run(flags, async (context) => {
        const [{ unpublish }, { unpublishText }] = await Promise.all([
          import('../actions/publish/unpublish.ts'),
          import('../report/publish-text.ts'),
        ])
        const result = await unpublish(
          {
            ...optionsOf(flags),
            confirm: async (images) => {
              const ids = images.map(({ image_id: id, region }) => `${id} (${region})`).join(', ')
              return flags.force === true || session.confirm(`Remove ${ids || 'what was begun'}?`, '--force')
            },
          },
          context,
        )
        session.result(flags, result, unpublishText(result))
        return 0
      }),
    )
}

function look(session: Session, flags: ReleaseFlags, how: 'status' | 'verify'): Promise<void> {
  return session.run(flags, async (context) => {
    const [{ verify }, { statusText, verifyText }] = await Promise.all([
      import('../actions/publish/verify.ts'),
      import('../report/publish-text.ts'),
    ])
    const result = await verify(optionsOf(flags), context)
    session.result(flags, result, how === 'verify' ? verifyText(result) : statusText(result))
    return how === 'verify' && result.drift.length > 0 ? 5 : 0
  })
}
