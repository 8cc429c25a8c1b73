import type * as z from 'zod/mini'
import type { VariableReference } from '../environment.ts'
import {
  type Extra,
  extraField,
  type Fields,
  flag,
  lazySection,
  listOf,
  oneOf,
  section,
  type TextRule,
  text,
  whole,
} from '../fields.ts'
import type { Written } from '../written.ts'

/** How an image is built in Oracle Cloud. Sizes in GiB. */
export interface OciSettings {
  /** Otherwise the region of the account in ~/.oci/config. */
  readonly region?: string
  readonly compartmentOcid: string | VariableReference
  readonly imageCompartmentOcid?: string
  readonly availabilityDomain: string | VariableReference
  readonly subnetOcid: string | VariableReference
  readonly shape: string
  /** There for Flex shapes, and only for them. */
  readonly shapeConfig?: { readonly ocpus: number; readonly memoryInGbs: number }
  readonly bootVolumeSizeGb: number
  readonly baseImageOcid?: string
  readonly imageLaunchMode?: 'NATIVE' | 'EMULATED' | 'PARAVIRTUALIZED' | 'CUSTOM'
  readonly nsgIds: readonly string[]
  readonly usePrivateIp: boolean
  readonly sshUsername?: string
  readonly legacyImdsDisabled: boolean
  readonly useInstancePrincipals: boolean
  readonly accessCfgFile?: string
  readonly accessCfgFileAccount?: string
  readonly extra: Extra
}

/** A region's name, judged by its shape alone. */
export const ociRegion: TextRule = {
  pattern: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/,
  kind: 'an OCI region',
  hint: 'a region looks like us-phoenix-1; an availability domain goes in oci.availability_domain',
}

/** `VM.Standard.E4.Flex`. */
export const ociShape: TextRule = {
  pattern: /^(VM|BM)\.[A-Za-z0-9.]+$/,
  kind: 'a shape',
  hint: 'a shape looks like VM.Standard.E4.Flex',
}

/** The fields of `providers.packer.oci`. */
export const ociFields = (): Fields<Written<OciSettings>> => ({
  region: text('Region to build in; otherwise the region in ~/.oci/config.', ociRegion),
  compartment_ocid: text('Compartment to build in.', { ...ocid('compartment|tenancy'), reference: true }),
  image_compartment_ocid: text('Compartment of the image; otherwise compartment_ocid.', ocid('compartment|tenancy')),
  availability_domain: text('Availability domain to build in.', {
    pattern: /^[\w-]+:[\w-]+$/,
    kind: 'an availability domain',
    hint: 'a domain looks like Uocm:PHX-AD-1, as printed by `oci iam availability-domain list`',
    reference: true,
  }),
  subnet_ocid: text('Subnet to build in.', { ...ocid('subnet'), reference: true }),
  shape: text('Shape to build on.', ociShape),
  shape_config: section(
    'Size of a Flex shape.',
    { ocpus: whole('OCPUs.', 1, 512), memory_in_gbs: whole('Memory in GiB.', 1, 4096) },
    ['ocpus', 'memory_in_gbs'],
  ),
  boot_volume_size_gb: whole('Size of the boot volume in GiB.', 50, 16384),
  base_image_ocid: text('Image to start from, in place of build.base.', ocid('image')),
  image_launch_mode: oneOf('How instances of the image are virtualised.', [
    'NATIVE',
    'EMULATED',
    'PARAVIRTUALIZED',
    'CUSTOM',
  ]),
  nsg_ids: listOf('Network security groups of the build instance.', text('Group.', ocid('networksecuritygroup'))),
  use_private_ip: flag('Reach the build instance by its private address.'),
  ssh_username: text('User to log in as; otherwise the base image’s own.', {
    pattern: /^[a-z_][a-z0-9_-]{0,31}$/,
    kind: 'a user name',
    hint: 'a name looks like ubuntu or opc',
  }),
  legacy_imds_disabled: flag('The build instance answers metadata requests of version 2 only.'),
  use_instance_principals: flag('Authenticate as the OCI instance Sindri runs on.'),
  access_cfg_file: text('OCI configuration file; otherwise ~/.oci/config.'),
  access_cfg_file_account: text('Profile in that file; otherwise DEFAULT.', {
    pattern: /^[\w.-]+$/,
    kind: 'a profile name',
    hint: 'write the name without its brackets',
  }),
  extra: extraField('oracle-oci'),
})

/** `providers.packer.oci`. */
export const ociSection: z.ZodMiniType<Written<OciSettings>> = lazySection('Building in Oracle Cloud.', ociFields)

/** https://docs.oracle.com/iaas/Content/General/Concepts/identifiers.htm */
export function ocid(kind: string): TextRule {
  return {
    pattern: new RegExp(`^ocid1\\.(${kind})\\.[a-z0-9]+\\.[a-z0-9-]*(\\.[a-z0-9-]*)?\\.[a-z0-9]+$`),
    kind: `the OCID of a ${kind.split('|')[0]}`,
    hint: `write it as in ocid1.${kind.split('|')[0]}.oc1..…`,
  }
}
