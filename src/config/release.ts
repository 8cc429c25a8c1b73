import { type Complaint, SindriError } from '../core/error.ts'
import { textComplaint } from './fields.ts'
import { complaintAbout, configError } from './places.ts'
import type { Config } from './schema.ts'
import { isReleaseWord, type ReleaseSettings, type ReleaseTargets, sha256 } from './sections/release.ts'
import { type StorePlace, storePlace, storeRule } from './store-place.ts'
import { alibabaRelease } from './targets/alibaba.ts'
import { awsRelease } from './targets/aws.ts'
import { azureRelease } from './targets/azure.ts'
import { gcpRelease } from './targets/gcp.ts'
import { ociRelease } from './targets/oci.ts'
import { openstackRelease } from './targets/openstack.ts'
import type { Complain } from './targets/target.ts'

/** `release` of a config with its defaults. What only the disk can tell may be missing. */
export interface ReleaseConfig extends Omit<ReleaseSettings, 'os' | 'architecture' | 'firmware' | 'disk' | 'store'> {
  readonly os: string | undefined
  readonly architecture: ReleaseSettings['architecture'] | undefined
  readonly firmware: ReleaseSettings['firmware'] | undefined
  readonly disk: string | undefined
  /** Where the records are, when not on this machine. */
  readonly store: StorePlace | undefined
}

/**
 * @param flags win over the config
 * @throws SindriError `config` with every mistake that can be told without a cloud or the disk; `usage` for a flag's
 */
export function releaseOf(
  config: Config,
  flags: {
    readonly disk?: string | undefined
    readonly diskSha256?: string | undefined
    readonly version?: string | undefined
    readonly os?: string | undefined
    readonly store?: string | undefined
  },
): ReleaseConfig {
  const { release = {} } = config
  checkFlag('--release-version', flags.version, 'as in 1.4.2')
  checkFlag('--os', flags.os, 'as in debian12')
  const project = release.project ?? config.name
  const version = flags.version ?? release.version
  const complaints: Complaint[] = []
  const complain = (path: readonly string[], message: string, hint: string): void => {
    complaints.push(complaintAbout(config, { path, message: `${path.join('.')}: ${message}`, hint }))
  }
  if (project === undefined) complain(['release', 'project'], 'is missing', 'name the project, or set name')
  else if (!isReleaseWord(project))
    complain(['name'], `"${project}" cannot be a part of an image’s name`, 'set release.project, as in garden')
  if (version === undefined) complain(['release', 'version'], 'is missing', 'set it, or give --release-version')
  const written = release.targets ?? {}
  if (Object.values(written).every((target) => target === undefined))
    complain(['release', 'targets'], 'names no cloud', 'write for example targets: {aws: {regions: [eu-central-1]}}')
  const wrong = flags.diskSha256 === undefined ? undefined : textComplaint(flags.diskSha256, sha256)
  if (wrong !== undefined)
    complaints.push({ ...wrong, message: `--disk-sha256 ${JSON.stringify(flags.diskSha256)} ${wrong.message}` })
  const audience = release.audience ?? 'private'
  if (audience !== 'private' && release.allow_public !== true)
    complain(
      ['release', 'audience'],
      `${audience} lets everybody use the images, and that is not confirmed`,
      'set release.allow_public: true if that is meant',
    )
  const about =
    (cloud: string): Complain =>
    (key, message, hint) =>
      complain(['release', 'targets', cloud, key], message, hint)
  const targets: ReleaseTargets = {
    ...(written.aws !== undefined && { aws: awsRelease(written.aws, about('aws')) }),
    ...(written.azure !== undefined && { azure: azureRelease(written.azure, about('azure')) }),
    ...(written.gcp !== undefined && { gcp: gcpRelease(written.gcp, about('gcp')) }),
    ...(written.oci !== undefined && { oci: ociRelease(written.oci, about('oci')) }),
    ...(written.alibaba !== undefined && { alibaba: alibabaRelease(written.alibaba, about('alibaba')) }),
    ...(written.openstack !== undefined && { openstack: openstackRelease(written.openstack, about('openstack')) }),
  }
  const address = flags.store ?? release.store
  const store = address === undefined ? undefined : storePlace(address)
  if (address !== undefined && store === undefined)
    complaints.push({
      message: `${flags.store === undefined ? 'release.store' : '--store'}: "${address}" is not ${storeRule.kind}`,
      ...(storeRule.hint !== undefined && { hint: storeRule.hint }),
    })
  if (complaints.length > 0 || project === undefined || version === undefined)
    throw configError(complaints, 'the configuration')
  const diskSha256 = flags.diskSha256 ?? release.disk_sha256
  return {
    ...{ project, version, audience },
    os: flags.os ?? release.os,
    disk: flags.disk ?? release.disk,
    ...(diskSha256 !== undefined && { diskSha256 }),
    ...(release.disk_format !== undefined && { diskFormat: release.disk_format }),
    architecture: release.architecture,
    firmware: release.firmware,
    allowPublic: release.allow_public === true,
    store,
    targets,
  }
}

/** The same that holds for the field: it becomes a part of names and of paths. */
function checkFlag(flag: string, value: string | undefined, hint: string): void {
  if (value === undefined || isReleaseWord(value)) return
  throw new SindriError('usage', `${flag}: "${value}" cannot be a part of an image’s name`, {
    hint: `use up to 40 letters, digits, dots, dashes and underscores, ${hint}`,
  })
}
