import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import { extraParts } from '../../packer/extra.ts'
import { type Block, block, call, interpolate, type Raw, type Value, variable } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { tag } from '../tags.ts'
import { baseOf, type OciBase } from './bases.ts'
import { credentialsOf } from './credentials.ts'
import { type OciImageSettings, ociOf } from './settings.ts'

/**
 * The oracle-oci source. With the marks of a release it names and tags what this run makes; without, it stands alone.
 * https://developer.hashicorp.com/packer/integrations/hashicorp/oracle/latest/components/builder/oci
 */
export function ociSource(resolved: Resolved, marks: ReleaseMarks | undefined): SourceTemplate {
  const oci = ociOf(resolved)
  const base = baseOf(resolved, oci)
  const credentials = credentialsOf(oci)
  const extra = extraParts('oracle-oci', oci.extra)
  return {
    cloud: 'oci',
    plugin: 'oracle',
    required,
    defaults: {
      region: oci.region ?? credentials.region,
      instance_type: oci.shape,
      volume_size: oci.bootVolumeSizeGb,
    },
    ownVariables: credentials.variables,
    source: {
      builder: 'oracle-oci',
      label: 'sindri',
      attributes: {
        image_name: marks?.name ?? timestamped,
        image_compartment_ocid: oci.imageCompartmentOcid,
        image_launch_mode: oci.imageLaunchMode,
        // The builder refuses a region beside an instance principal, which has its own.
        region: oci.useInstancePrincipals ? undefined : cloudValue('oci', 'region'),
        use_instance_principals: oci.useInstancePrincipals ? true : undefined,
        ...credentials.attributes,
        compartment_ocid: written(oci.compartmentOcid),
        availability_domain: written(oci.availabilityDomain),
        subnet_ocid: written(oci.subnetOcid),
        use_private_ip: oci.usePrivateIp,
        base_image_ocid: 'ocid' in base ? base.ocid : undefined,
        shape: cloudValue('oci', 'instance_type'),
        disk_size: cloudValue('oci', 'volume_size'),
        instance_name: 'sindri-image-builder',
        instance_options_are_legacy_imds_endpoints_disabled: oci.legacyImdsDisabled,
        communicator: 'ssh',
        ssh_username: base.sshUser,
        ssh_timeout: resolved.build.sshTimeout,
        ssh_clear_authorized_keys: resolved.build.security.removeSshKeys,
        tags: imageTags(resolved, base, marks),
        instance_tags: runTags(resolved, marks),
        ...extra.attributes,
      },
      blocks: [...baseFilter(base), ...shapeConfig(oci), network(oci), ...extra.blocks],
    },
  }
}

const required = {
  shape_config: 'choose a shape that is not flexible, such as VM.Standard2.2',
  defined_tags_json: 'leave it out of oci.extra',
  instance_defined_tags_json: 'leave it out of oci.extra',
} as const

const timestamped: Raw = interpolate([
  variable('image_name'),
  '-',
  call('formatdate', 'YYYYMMDDhhmmss', call('timestamp')),
])

function written(value: OciImageSettings['compartmentOcid']): Value {
  return typeof value === 'string' ? value : variable(value.variable)
}

/** Free-form tags one resource may have: https://docs.oracle.com/iaas/Content/Tagging/Concepts/taggingoverview.htm#limits (2026-11). */
const mostTags = 10

function imageTags(
  resolved: Resolved,
  base: OciBase,
  marks: ReleaseMarks | undefined,
): Readonly<Record<string, Value>> {
  return counted({
    ...resolved.tags,
    [tag.managed]: 'true',
    [tag.description]: resolved.description,
    [tag.version]: variable('sindri_version'),
    [tag.profile]: variable('profile'),
    [tag.base]: 'ocid' in base ? base.ocid : resolved.build.base,
    [tag.sshUser]: base.sshUser,
    ...(marks === undefined ? {} : { [tag.release]: marks.name, [tag.fingerprint]: marks.fingerprint }),
  })
}

function runTags(resolved: Resolved, marks: ReleaseMarks | undefined): Readonly<Record<string, Value>> {
  const run: Record<string, Value> = marks === undefined ? {} : { [tag.run]: marks.token, [tag.release]: marks.name }
  return counted({ ...resolved.tags, [tag.managed]: 'true', ...run })
}

function counted(tags: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  const own = Object.values<string>(tag)
  const named = Object.keys(tags).filter((key) => !own.includes(key)).length
  const room = mostTags - (Object.keys(tags).length - named)
  if (named <= room) return tags
  throw new SindriError(
    'config',
    `Oracle Cloud takes ${mostTags} free-form tags, and beside Sindri’s own ${named} are too many`,
    {
      hint: `keep ${room} in tags, and give the others as defined tags in oci.extra.defined_tags_json`,
    },
  )
}

function baseFilter(base: OciBase): readonly Block[] {
  if ('ocid' in base) return []
  const { operatingSystem, version, name } = base
  // Compartment and shape are the build's own unless they are given.
  const filter = { operating_system: operatingSystem, operating_system_version: version, display_name_search: name }
  return [block('base_image_filter', [], filter)]
}

function shapeConfig({ shapeConfig }: OciImageSettings): readonly Block[] {
  if (shapeConfig === undefined) return []
  const { ocpus, memoryInGbs } = shapeConfig
  return [block('shape_config', [], { ocpus, memory_in_gbs: memoryInGbs })]
}

/** Said even where the subnet would decide: a build that waits for an address it never gets ends after minutes. */
function network({ usePrivateIp, nsgIds }: OciImageSettings): Block {
  return block('create_vnic_details', [], {
    assign_public_ip: !usePrivateIp,
    nsg_ids: nsgIds.length > 0 ? nsgIds : undefined,
  })
}
