import type { CloudName } from './cloud-name.ts'
import type { Config } from './schema.ts'

/** The settings that can be given on the command line. */
export interface Flags {
  readonly cloud?: CloudName
  readonly name?: string
  readonly sindriVersion?: string
  readonly profile?: string
  /** Takes the place of the extensions in sindri.yaml. */
  readonly extensions?: readonly string[]
  /** What the cloud builds in: a region, a location (Azure) or a zone (GCP). */
  readonly region?: string
  readonly instanceType?: string
  readonly diskSizeGiB?: number
  readonly cisHardening?: boolean
  readonly baseImage?: string
}

type Setting = keyof Omit<Flags, 'cloud'>

/** The key of each cloud's section that a flag stands for. */
const cloudKeys: Readonly<Record<'region' | 'instanceType' | 'diskSizeGiB', Readonly<Record<CloudName, string>>>> = {
  region: { aws: 'region', azure: 'location', gcp: 'zone', oci: 'region', alibaba: 'region' },
  instanceType: {
    aws: 'instance_type',
    azure: 'vm_size',
    gcp: 'machine_type',
    oci: 'shape',
    alibaba: 'instance_type',
  },
  diskSizeGiB: {
    aws: 'volume_size',
    azure: 'os_disk_size_gb',
    gcp: 'disk_size',
    oci: 'boot_volume_size_gb',
    alibaba: 'system_disk_size_gb',
  },
}

/** How each setting is written on the command line. */
const flagNames: Readonly<Record<Setting, string>> = {
  name: '--name',
  sindriVersion: '--sindri-version',
  profile: '--profile',
  extensions: '--extensions',
  region: '--region',
  instanceType: '--instance-type',
  diskSizeGiB: '--disk-size',
  cisHardening: '--cis-hardening',
  baseImage: '--base',
}

/** The path in sindri.yaml, below `providers.packer`, of the setting a flag stands for. Its default is found there. */
export function settingOf(flag: Setting, cloud: CloudName): string {
  switch (flag) {
    case 'region':
    case 'instanceType':
    case 'diskSizeGiB':
      return `${cloud}.${cloudKeys[flag][cloud]}`
    case 'name':
      return 'image_name'
    case 'sindriVersion':
      return 'build.sindri_version'
    case 'cisHardening':
      return 'build.security.cis_hardening'
    case 'baseImage':
      return 'build.base'
    default:
      return `build.${flag}`
  }
}

/** The configuration as if the flags had been written in it, and the flag behind each path that one has set. */
export function withFlags(
  config: Config,
  flags: Flags,
  cloud: CloudName,
): { config: Config; flagged: ReadonlyMap<string, string> } {
  const flagged = new Map<string, string>(flags.cloud === undefined ? [] : [['providers.packer.cloud', '--cloud']])
  let packer: Readonly<Record<string, unknown>> = { ...config.providers?.packer, cloud }
  for (const [flag, name] of Object.entries(flagNames) as [Setting, string][]) {
    if (flags[flag] === undefined) continue
    const path = settingOf(flag, cloud)
    packer = set(packer, path.split('.'), flags[flag])
    flagged.set(`providers.packer.${path}`, name)
  }
  return { config: { ...config, providers: { ...config.providers, packer } }, flagged }
}

function set(
  section: Readonly<Record<string, unknown>>,
  [key = '', ...rest]: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> {
  if (rest.length === 0) return { ...section, [key]: value }
  // Cast: paths come from `settingOf`, whose inner steps are sections.
  const inner = (section[key] ?? {}) as Readonly<Record<string, unknown>>
  return { ...section, [key]: set(inner, rest, value) }
}
