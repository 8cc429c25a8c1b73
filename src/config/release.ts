import type { Complaint } from '../core/error.ts'
import { complaintAbout, configError } from './places.ts'
import type { Config } from './schema.ts'
import type { AwsReleaseSettings, ReleaseSettings } from './sections/release.ts'

/** `release` of a config with its defaults. What only the disk can tell may be missing. */
export interface ReleaseConfig extends Omit<ReleaseSettings, 'os' | 'architecture' | 'firmware' | 'disk'> {
  readonly os: string | undefined
  readonly architecture: ReleaseSettings['architecture'] | undefined
  readonly firmware: ReleaseSettings['firmware'] | undefined
  readonly disk: string | undefined
}

/**
 * @param flags win over the config
 * @throws SindriError `config` with every mistake that can be told without a cloud or the disk
 */
export function releaseOf(
  config: Config,
  flags: {
    readonly disk?: string | undefined
    readonly version?: string | undefined
    readonly os?: string | undefined
  },
): ReleaseConfig {
  const { release = {} } = config
  const project = release.project ?? config.name
  const version = flags.version ?? release.version
  const complaints: Complaint[] = []
  const complain = (path: readonly string[], message: string, hint: string): void => {
    complaints.push(complaintAbout(config, { path, message: `${path.join('.')}: ${message}`, hint }))
  }
  if (project === undefined) complain(['release', 'project'], 'is missing', 'name the project, or set name')
  if (version === undefined) complain(['release', 'version'], 'is missing', 'set it, or give --version')
  const aws = release.targets?.aws
  if (aws === undefined)
    complain(['release', 'targets'], 'names no cloud', 'write for example targets: {aws: {regions: [eu-central-1]}}')
  const audience = release.audience ?? 'private'
  if (audience !== 'private' && release.allow_public !== true)
    complain(
      ['release', 'audience'],
      `${audience} lets everybody use the images, and that is not confirmed`,
      'set release.allow_public: true if that is meant',
    )
  if (aws !== undefined) complaints.push(...awsComplaints(config, aws.regions ?? [], aws.best_effort_regions ?? []))
  if (complaints.length > 0 || project === undefined || version === undefined)
    throw configError(complaints, 'the configuration')
  return {
    ...{ project, version, audience },
    os: flags.os ?? release.os,
    disk: flags.disk ?? release.disk,
    ...(release.disk_format !== undefined && { diskFormat: release.disk_format }),
    architecture: release.architecture,
    firmware: release.firmware,
    allowPublic: release.allow_public === true,
    targets: aws === undefined ? {} : { aws: awsSettings(aws) },
  }
}

type WrittenAws = NonNullable<NonNullable<NonNullable<Config['release']>['targets']>['aws']>

function awsSettings(aws: WrittenAws): AwsReleaseSettings {
  return {
    regions: aws.regions ?? [],
    bestEffortRegions: aws.best_effort_regions ?? [],
    accounts: aws.accounts ?? [],
    organizations: aws.organizations ?? [],
    organizationalUnits: aws.organizational_units ?? [],
    tpm: aws.tpm ?? false,
    ...(aws.ssm_parameter !== undefined && { ssmParameter: aws.ssm_parameter }),
  }
}

function awsComplaints(
  config: Config,
  regions: readonly string[],
  bestEffort: readonly string[],
): readonly Complaint[] {
  const path = ['release', 'targets', 'aws']
  const about = (key: string, message: string, hint: string): Complaint =>
    complaintAbout(config, { path: [...path, key], message: `${[...path, key].join('.')}: ${message}`, hint })
  const twice = regions.find((region, index) => regions.indexOf(region) !== index)
  const stranger = bestEffort.find((region) => !regions.includes(region))
  return [
    ...(regions.length === 0 ? [about('regions', 'is empty', 'name at least one region')] : []),
    ...(twice === undefined ? [] : [about('regions', `names ${twice} twice`, 'name each region once')]),
    ...(stranger === undefined
      ? []
      : [about('best_effort_regions', `${stranger} is not one of the regions`, 'name it under regions too')]),
    ...(regions[0] !== undefined && bestEffort.includes(regions[0])
      ? [about('best_effort_regions', `${regions[0]} is where the disk is sent`, 'put another region first')]
      : []),
  ]
}
