import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CloudChoice } from '../actions/each-cloud.ts'
import { cloudNamed, cloudNames, cloudsNamed, defaults, type Flags } from '../actions/flags.ts'
import type { CommonFlags } from './session.ts'

export interface CloudFlags extends CommonFlags {
  readonly cloud?: NonNullable<Flags['cloud']>
  readonly config?: string
}

export interface CloudsFlags extends CommonFlags {
  readonly cloud?: CloudChoice
  readonly config?: string
}

/** The heading above the flags that every command has. */
export const commonOptions = 'Options of every command:'

/** The flags of every command that prints a result. */
export function withCommon(command: Command): Command {
  const common = [
    new Option('--json', 'print the result as one JSON document'),
    new Option(
      '--debug',
      'tell more: where each setting comes from; a build keeps Packer’s detailed log (PACKER_LOG=1)',
    ),
    new Option('-q, --quiet', 'while working, tell only warnings and errors'),
    new Option('--rehearse', 'rehearse the clouds on this machine; no account is needed (also SINDRI_REHEARSE=1)'),
  ]
  for (const option of common) command.addOption(option.helpGroup(commonOptions))
  return command
}

/** The flags of every command about one cloud. */
export function withCloud(command: Command): Command {
  return withCommon(command)
    .addOption(
      new Option('-c, --cloud <cloud>', 'the cloud (default: providers.packer.cloud in sindri.yaml)')
        .choices(cloudNames)
        // After `choices`, whose own complaint knows no "did you mean".
        .argParser(cloudNamed),
    )
    .option('--config <file>', 'the config to use (default: sindri.yaml, if there is one)')
}

/** The flags of a command that can be about several clouds at once. */
export function withClouds(command: Command): Command {
  return withCommon(command)
    .addOption(
      new Option(
        '-c, --cloud <clouds>',
        'the cloud, several as aws,gcp, or all (default: providers.packer.cloud in sindri.yaml)',
      )
        .choices([...cloudNames, 'all'])
        .argParser(cloudsNamed),
    )
    .option('--config <file>', 'the config to use (default: sindri.yaml, if there is one)')
}

/** What is meant when one cloud is; several at once are undefined. */
export function onlyCloud(choice: CloudChoice | undefined): Pick<Flags, 'cloud'> | undefined {
  if (choice === undefined) return {}
  const [cloud, ...others] = choice === 'all' ? [] : choice
  return cloud === undefined || others.length > 0 ? undefined : { cloud }
}

/** Flags about where: the same on every command that asks the cloud. */
export function withRegion(command: Command): Command {
  return command.option('-r, --region <region>', 'region, on gcp the zone (default: the cloud’s own)')
}

/** What `--base` takes. */
export const bases = 'ubuntu-24.04, ubuntu-22.04, debian-12 or an image of the cloud’s own'

/** Flags that change the image. */
export function withImage(command: Command): Command {
  return command
    .option(
      '-n, --name <prefix>',
      `what the image’s name begins with (default: ${defaults['providers.packer.image_name']})`,
    )
    .option(
      '--sindri-version <version>',
      `version of Sindri to install: a number is downloaded from its release (default: ${defaults['providers.packer.build.sindri_version']}, the one that runs)`,
    )
}

/** `a,b` or the flag twice. */
export function listOf(value: string, previous: readonly string[] = []): readonly string[] {
  return [
    ...previous,
    ...value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ]
}

/** A flag given several times. */
export function repeated(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** `name=value` pairs. */
export function assignments(
  value: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = value.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('write name=value')
  return { ...previous, [value.slice(0, at)]: value.slice(at + 1) }
}

/** A whole number above zero. */
export function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError('give a whole number above zero')
  return Number(value)
}
