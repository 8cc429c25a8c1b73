/** Configs of this cloud, as `providers.packer` has them, that use everything its template can say. */
export const places = {
  compartment_ocid: 'ocid1.compartment.oc1..aaaaaaaacompartment',
  availability_domain: 'Uocm:PHX-AD-1',
  subnet_ocid: 'ocid1.subnet.oc1.phx.aaaaaaaasubnet',
} as const

const image = 'ocid1.image.oc1.phx.aaaaaaaaimage'

/** A part of `providers.packer`. */
interface Packer extends Readonly<Record<string, unknown>> {
  readonly oci: Readonly<Record<string, unknown>>
}

/** A config with as many settings as go together. */
export const rich: Packer = {
  image_name: 'golden',
  description: 'Golden image of the organization',
  tags: { Team: 'platform' },
  build: { base: 'ubuntu-22.04', security: { cis_hardening: true }, scripts: ['setup.sh'], ssh_timeout: '30m' },
  oci: {
    ...places,
    region: 'eu-frankfurt-1',
    image_compartment_ocid: 'ocid1.compartment.oc1..aaaaaaaaimages',
    shape: 'VM.Standard.E5.Flex',
    shape_config: { ocpus: 4, memory_in_gbs: 32 },
    boot_volume_size_gb: 60,
    image_launch_mode: 'PARAVIRTUALIZED',
    nsg_ids: ['ocid1.networksecuritygroup.oc1.phx.aaaaaaaagroup'],
    use_private_ip: true,
    access_cfg_file_account: 'BUILDER',
    extra: {
      defined_tags_json: '{"Operations":{"CostCenter":"42"}}',
      ssh_bastion_host: '203.0.113.9',
      ssh_bastion_username: 'opc',
      ssh_bastion_agent_auth: true,
    },
  },
}

/** By what is special in each. `flexible` ones need a Packer newer than 1.6.6. */
export const matrix: Readonly<Record<string, Packer>> = {
  'everything at once, flexible': rich,
  'the defaults': { oci: places },
  'Ampere, flexible': { build: { arch: 'arm64' }, oci: { ...places, shape: 'VM.Standard.A1.Flex' } },
  'an x86 shape of fixed size': { oci: { ...places, shape: 'VM.Standard2.2' } },
  'Ampere on bare metal': { build: { arch: 'arm64' }, oci: { ...places, shape: 'BM.Standard.A1.160' } },
  'an image by its OCID': {
    oci: { ...places, shape: 'VM.Standard2.2', base_image_ocid: image, ssh_username: 'debian' },
  },
  'a base by its OCID': { build: { base: image }, oci: { ...places, shape: 'VM.Standard2.2', region: 'uk-london-1' } },
  'a private subnet': {
    oci: {
      ...places,
      shape: 'VM.Standard2.2',
      use_private_ip: true,
      nsg_ids: rich.oci.nsg_ids,
      image_launch_mode: 'NATIVE',
      image_compartment_ocid: rich.oci.image_compartment_ocid,
    },
  },
  'legacy metadata left on': { oci: { ...places, shape: 'VM.Standard2.2', legacy_imds_disabled: false } },
}
