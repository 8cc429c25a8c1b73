/**
 * Every default there is, by its path in sindri.yaml. The help of the flags, the reference page, the JSON Schema and
 * `resolve` all read this table. A default inside a section applies when the section is there, or has `{}` here.
 * `${env:NAME}` means that the field is required, and taken from that variable when it is not written.
 */
export const defaults = {
  'providers.packer.image_name': 'sindri-dev',
  'providers.packer.description': 'Built with Sindri',
  'providers.packer.tags': {},

  'providers.packer.build.extensions': [],
  'providers.packer.build.profile': 'base',
  'providers.packer.build.sindri_version': 'latest',
  'providers.packer.build.cache': true,
  'providers.packer.build.scripts': [],
  'providers.packer.build.environment': {},
  'providers.packer.build.file_uploads': [],
  'providers.packer.build.parallel_builds': 0,
  'providers.packer.build.ssh_timeout': '20m',
  'providers.packer.build.base': 'ubuntu-24.04',
  'providers.packer.build.arch': 'x86_64',
  'providers.packer.build.security': {},
  'providers.packer.build.security.cis_hardening': false,
  'providers.packer.build.security.openscap_scan': false,
  'providers.packer.build.security.clean_sensitive_data': true,
  'providers.packer.build.security.remove_ssh_keys': true,

  'providers.packer.aws.region': 'us-west-2',
  'providers.packer.aws.instance_type': 't3.large',
  'providers.packer.aws.volume_size': 80,
  'providers.packer.aws.volume_type': 'gp3',
  'providers.packer.aws.encrypt_boot': true,
  'providers.packer.aws.security_group_ids': [],
  'providers.packer.aws.ssh_source_ranges': [],
  'providers.packer.aws.http_tokens': 'required',
  'providers.packer.aws.http_put_response_hop_limit': 1,
  'providers.packer.aws.spot_instance_types': [],
  'providers.packer.aws.ami_regions': [],
  'providers.packer.aws.ami_users': [],
  'providers.packer.aws.ami_groups': [],
  'providers.packer.aws.ami_org_arns': [],
  'providers.packer.aws.ami_ou_arns': [],
  'providers.packer.aws.allow_public': false,
  'providers.packer.aws.deploy': {},
  'providers.packer.aws.extra': {},

  'providers.packer.azure.subscription_id': '${env:AZURE_SUBSCRIPTION_ID}',
  'providers.packer.azure.resource_group': '${env:AZURE_RESOURCE_GROUP}',
  'providers.packer.azure.location': 'westus2',
  'providers.packer.azure.vm_size': 'Standard_D4s_v4',
  'providers.packer.azure.os_disk_size_gb': 80,
  'providers.packer.azure.storage_account_type': 'Premium_LRS',
  'providers.packer.azure.gallery.replication_regions': [],
  'providers.packer.azure.gallery.replica_count': 1,
  'providers.packer.azure.allowed_inbound_ip_addresses': [],
  'providers.packer.azure.user_assigned_managed_identities': [],
  'providers.packer.azure.extra': {},

  'providers.packer.gcp.project_id': '${env:GOOGLE_CLOUD_PROJECT}',
  'providers.packer.gcp.zone': 'us-west1-a',
  'providers.packer.gcp.machine_type': 'e2-standard-4',
  'providers.packer.gcp.disk_size': 80,
  'providers.packer.gcp.disk_type': 'pd-ssd',
  'providers.packer.gcp.enable_secure_boot': false,
  'providers.packer.gcp.enable_vtpm': true,
  'providers.packer.gcp.enable_integrity_monitoring': true,
  'providers.packer.gcp.image_storage_locations': [],
  'providers.packer.gcp.image_guest_os_features': [],
  'providers.packer.gcp.use_internal_ip': false,
  'providers.packer.gcp.omit_external_ip': false,
  'providers.packer.gcp.use_iap': false,
  'providers.packer.gcp.use_os_login': false,
  'providers.packer.gcp.disable_default_service_account': false,
  'providers.packer.gcp.scopes': [],
  'providers.packer.gcp.tags': [],
  'providers.packer.gcp.preemptible': false,
  'providers.packer.gcp.extra': {},

  'providers.packer.oci.compartment_ocid': '${env:OCI_COMPARTMENT_OCID}',
  'providers.packer.oci.availability_domain': '${env:OCI_AVAILABILITY_DOMAIN}',
  'providers.packer.oci.subnet_ocid': '${env:OCI_SUBNET_OCID}',
  'providers.packer.oci.shape': 'VM.Standard.E4.Flex',
  'providers.packer.oci.shape_config': {},
  'providers.packer.oci.shape_config.ocpus': 2,
  'providers.packer.oci.shape_config.memory_in_gbs': 16,
  'providers.packer.oci.boot_volume_size_gb': 80,
  'providers.packer.oci.nsg_ids': [],
  'providers.packer.oci.use_private_ip': false,
  'providers.packer.oci.legacy_imds_disabled': true,
  'providers.packer.oci.use_instance_principals': false,
  'providers.packer.oci.extra': {},

  'providers.packer.alibaba.region': 'cn-hangzhou',
  'providers.packer.alibaba.instance_type': 'ecs.g6.xlarge',
  'providers.packer.alibaba.system_disk_size_gb': 80,
  'providers.packer.alibaba.system_disk_category': 'cloud_essd',
  'providers.packer.alibaba.associate_public_ip_address': true,
  'providers.packer.alibaba.internet_charge_type': 'PayByTraffic',
  'providers.packer.alibaba.image_copy_regions': [],
  'providers.packer.alibaba.image_copy_names': [],
  'providers.packer.alibaba.image_share_account': [],
  'providers.packer.alibaba.extra': {},
} as const

/** A copy of the section at a path, with every default that applies to it. */
export function withDefaults(path: string, written: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...written }
  const prefix = `${path}.`
  for (const [key, value] of Object.entries(defaults)) {
    if (!key.startsWith(prefix)) continue
    const [name = '', inner] = key.slice(prefix.length).split('.')
    if (inner === undefined) filled[name] ??= value
    else if (isSection(filled[name])) filled[name] = withDefaults(`${prefix}${name}`, filled[name])
  }
  return filled
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
