import type { Command } from 'commander'
import { withCommon } from './options.ts'
import type { CommonFlags, Session } from './session.ts'

interface CatalogueFlags extends CommonFlags {
  readonly catalogue?: string
}

interface InstallFlags extends CatalogueFlags {
  readonly force?: boolean
}

/** `sindri extension list|info|install|validate`. */
export function extensionCommands(parent: Command, session: Session): void {
  const extension = parent.command('extension').description('What images are given: list, install, validate')
  withCatalogue(extension.command('list'))
    .summary('List extensions')
    .description('List the extensions there are, and the version of those installed on this machine.')
    .action((flags: CatalogueFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const [{ listExtensions }, { extensionsText }] = await Promise.all([
          import('../actions/extension-list.ts'),
          import('../report/extension-text.ts'),
        ])
        const extensions = await listExtensions(flags, context)
        session.result(flags, extensions, extensionsText(extensions))
        return 0
      }),
    )
  withCatalogue(extension.command('info'))
    .summary('Tell what an extension installs and needs')
    .description(
      'Tell what an extension installs and from where, with checksums, what it depends on, and where it can be installed.',
    )
    .argument('<name>', 'the extension')
    .action((name: string, flags: CatalogueFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const [{ extensionInfo }, { extensionInfoText }] = await Promise.all([
          import('../actions/extension-info.ts'),
          import('../report/extension-text.ts'),
        ])
        const info = await extensionInfo({ ...flags, name }, context)
        session.result(flags, info, extensionInfoText(info))
        return 0
      }),
    )
  withForce(withCatalogue(extension.command('install')))
    .summary('Install extensions on this machine')
    .description(
      'Install extensions on this machine with all they depend on, and validate each. Needs root, else it ends with exit ' +
        'code 3. Nothing is installed when one of them does not support this distribution or architecture (exit code 2). ' +
        'Safe to repeat. The log of each is /var/log/sindri/extensions/<name>.log.',
    )
    .argument('<names...>', 'the extensions')
    .action((names: readonly string[], flags: InstallFlags) => install(session, flags, names))
  withCatalogue(extension.command('validate'))
    .summary('See whether extensions work')
    .description(
      'Run the validate command of the named extensions, or of all that are installed on this machine. Ends with exit ' +
        'code 1 when one fails, and names it. Needs no root.',
    )
    .argument('[names...]', 'the extensions')
    .action((names: readonly string[], flags: CatalogueFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const [{ validateExtensions }, { validationText }] = await Promise.all([
          import('../actions/extension-validate.ts'),
          import('../report/extension-text.ts'),
        ])
        const results = await validateExtensions({ ...flags, names }, context)
        session.result(flags, results, validationText(results))
        return results.every(({ works }) => works) ? 0 : 1
      }),
    )
}

/** `sindri profile list|install`. */
export function profileCommands(parent: Command, session: Session): void {
  const profile = parent.command('profile').description('Extensions that belong together: list, install')
  withCatalogue(profile.command('list'))
    .summary('List profiles')
    .description('List the profiles and their extensions.')
    .action((flags: CatalogueFlags) =>
      session.run({ ...flags, rehearse: 'never' }, async (context) => {
        const [{ listProfiles }, { profilesText }] = await Promise.all([
          import('../actions/extension-list.ts'),
          import('../report/extension-text.ts'),
        ])
        const profiles = await listProfiles(flags, context)
        session.result(flags, profiles, profilesText(profiles))
        return 0
      }),
    )
  withForce(withCatalogue(profile.command('install')))
    .summary('Install the extensions of a profile')
    .description('Install the extensions of a profile on this machine, as `sindri extension install` does.')
    .argument('<name>', 'the profile')
    .action((name: string, flags: InstallFlags) => install(session, flags, [], name))
}

function install(session: Session, flags: InstallFlags, names: readonly string[], profile?: string): Promise<void> {
  return session.run({ ...flags, rehearse: 'never' }, async (context) => {
    const [{ installExtensions }, { installText }] = await Promise.all([
      import('../actions/extension-install.ts'),
      import('../report/extension-text.ts'),
    ])
    const wanted = { catalogue: flags.catalogue, force: flags.force === true, names }
    const done = await installExtensions({ ...wanted, ...(profile !== undefined && { profile }) }, context)
    session.result(flags, done, installText(done))
    return 0
  })
}

function withCatalogue(command: Command): Command {
  return withCommon(command).option(
    '--catalogue <folder>',
    'folder of another catalogue (default: the one Sindri brings)',
  )
}

function withForce(command: Command): Command {
  return command.option('-f, --force', 'install again what is there and works')
}
