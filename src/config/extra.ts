import builders from '../packer/builders.generated.json' with { type: 'json' }
import type { CloudName } from './cloud-name.ts'
import { didYouMean } from './did-you-mean.ts'
import { type Extra, textComplaint } from './fields.ts'
import { dotted, type Mistake } from './mistake.ts'
import { cloudFields } from './schema.ts'

/** A builder's attributes and blocks, as in src/packer/builders.generated.json. */
interface Table {
  readonly attributes: Readonly<Record<string, string>>
  readonly blocks: Readonly<Record<string, Table>>
  readonly repeated?: boolean
}

/** The Packer builder that makes the images of each cloud. */
const builderOf = {
  aws: 'amazon-ebs',
  azure: 'azure-arm',
  gcp: 'googlecompute',
  oci: 'oracle-oci',
  alibaba: 'alicloud-ecs',
} as const

const common = {
  communicator: 'Sindri provisions over SSH',
  image_name: 'providers.packer.image_name',
  ssh_timeout: 'providers.packer.build.ssh_timeout',
}

/** Attributes Sindri writes itself, under another name or from another place of sindri.yaml. */
const rendered: Readonly<Record<CloudName, Readonly<Record<string, string>>>> = {
  aws: {
    ...common,
    ami_name: 'providers.packer.image_name',
    ami_description: 'providers.packer.description',
    source_ami: 'providers.packer.build.base',
    source_ami_filter: 'providers.packer.build.base',
    tags: 'providers.packer.tags',
    run_tags: 'providers.packer.tags',
    run_volume_tags: 'providers.packer.tags',
    snapshot_tags: 'providers.packer.tags',
    snapshot_users: 'providers.packer.aws.ami_users',
    snapshot_groups: 'providers.packer.aws.ami_groups',
    security_group_id: 'providers.packer.aws.security_group_ids',
    temporary_security_group_source_cidrs: 'providers.packer.aws.ssh_source_ranges',
    temporary_security_group_source_public_ip: 'providers.packer.aws.ssh_source_ranges',
    imds_support: 'providers.packer.aws.http_tokens',
    metadata_options: 'providers.packer.aws.http_tokens',
    launch_block_device_mappings: 'providers.packer.aws.volume_size',
    deprecate_at: 'providers.packer.aws.deprecate_after_days',
    force_deregister: 'the flag --force decides',
    force_delete_snapshot: 'the flag --force decides',
  },
  azure: {
    ...common,
    azure_tags: 'providers.packer.tags',
    managed_image_name: 'providers.packer.image_name',
    managed_image_resource_group_name: 'providers.packer.azure.resource_group',
    managed_image_storage_account_type: 'providers.packer.azure.storage_account_type',
    os_type: 'images are Linux',
    image_publisher: 'providers.packer.build.base',
    image_offer: 'providers.packer.build.base',
    image_sku: 'providers.packer.build.base',
    shared_image_gallery: 'providers.packer.build.base',
    shared_image_gallery_destination: 'providers.packer.azure.gallery',
    shared_image_gallery_replica_count: 'providers.packer.azure.gallery.replica_count',
    shared_gallery_image_version_exclude_from_latest: 'providers.packer.azure.gallery.exclude_from_latest',
    shared_gallery_image_version_end_of_life_date: 'providers.packer.azure.gallery.end_of_life_date',
    spot: 'providers.packer.azure.spot_eviction_policy',
  },
  gcp: {
    ...common,
    image_description: 'providers.packer.description',
    image_labels: 'providers.packer.tags',
    labels: 'providers.packer.tags',
    source_image: 'providers.packer.build.base',
    source_image_family: 'providers.packer.build.base',
    source_image_project_id: 'providers.packer.build.base',
    image_architecture: 'providers.packer.build.arch',
    image_encryption_key: 'providers.packer.gcp.kms_key_name',
    deprecate_at: 'providers.packer.gcp.deprecate_after_days',
  },
  oci: {
    ...common,
    tags: 'providers.packer.tags',
    instance_tags: 'providers.packer.tags',
    disk_size: 'providers.packer.oci.boot_volume_size_gb',
    base_image_filter: 'providers.packer.build.base',
    create_vnic_details: 'providers.packer.oci.nsg_ids',
    instance_options_are_legacy_imds_endpoints_disabled: 'providers.packer.oci.legacy_imds_disabled',
  },
  alibaba: {
    ...common,
    image_description: 'providers.packer.description',
    description: 'providers.packer.description',
    tags: 'providers.packer.tags',
    run_tags: 'providers.packer.tags',
    source_image: 'providers.packer.build.base',
    image_family: 'providers.packer.build.base',
    system_disk_mapping: 'providers.packer.alibaba.system_disk_size_gb',
  },
}

const credential =
  /^(access_key|secret_key|token|key|mfa_code|client_secret|client_jwt|credentials_json|pass_phrase)$|_(password|token|jwt|private_key)$/

/**
 * The mistakes in the `extra` of a cloud: attributes the builder does not have, values of the wrong type, attributes
 * that Sindri writes from another setting, and credentials.
 */
export function extraMistakes(cloud: CloudName, extra: Extra): Mistake[] {
  const path = ['providers', 'packer', cloud, 'extra']
  const mistakes: Mistake[] = []
  const table: Table = builders[builderOf[cloud]]
  for (const [name, value] of Object.entries(extra)) {
    const target = Object.hasOwn(rendered[cloud], name) ? rendered[cloud][name] : undefined
    const modelled =
      target ?? (Object.hasOwn(cloudFields[cloud](), name) ? `providers.packer.${cloud}.${name}` : undefined)
    if (modelled !== undefined) {
      complain(
        [...path, name],
        `Sindri sets ${name} itself`,
        modelled.startsWith('providers.') ? `set ${modelled} instead` : modelled,
        true,
      )
    } else if (credential.test(name)) {
      complain(
        [...path, name],
        `${name} is a credential`,
        'give credentials in the environment or the vendor’s own files',
        true,
      )
    } else {
      check(table, name, value, [...path, name])
    }
  }
  return mistakes

  function check(body: Table, name: string, value: unknown, at: Mistake['path']): void {
    const type = Object.hasOwn(body.attributes, name) ? body.attributes[name] : undefined
    const block = Object.hasOwn(body.blocks, name) ? body.blocks[name] : undefined
    if (type !== undefined) checkAttribute(type, value, at)
    else if (block !== undefined) checkBlock(block, value, at)
    else {
      const near = didYouMean(name, [...Object.keys(body.attributes), ...Object.keys(body.blocks)])
      const hint = near === '' ? `see the documentation of Packer’s ${builderOf[cloud]} builder` : near.trimEnd()
      complain(at, `Packer’s ${builderOf[cloud]} builder has no ${name} here`, hint, true)
    }
  }

  function checkBlock(block: Table, value: unknown, at: Mistake['path']): void {
    if (Array.isArray(value) && block.repeated === true) {
      for (const [index, item] of value.entries()) checkBlock({ ...block, repeated: false }, item, [...at, index])
    } else if (isMap(value)) {
      for (const [name, inner] of Object.entries(value)) check(block, name, inner, [...at, name])
    } else {
      complain(at, 'this is a block', `write a section${block.repeated === true ? ', or a list of sections' : ''}`)
    }
  }

  function checkAttribute(type: string, value: unknown, at: Mistake['path']): void {
    const inner = /^(list|map)\((.*)\)$/.exec(type)
    if (inner?.[1] === 'list' && Array.isArray(value)) {
      for (const [index, item] of value.entries()) checkAttribute(inner[2] ?? '', item, [...at, index])
    } else if (inner?.[1] === 'map' && isMap(value)) {
      for (const [name, item] of Object.entries(value)) checkAttribute(inner[2] ?? '', item, [...at, name])
    } else if (typeof value !== (type === 'bool' ? 'boolean' : type)) {
      complain(at, `Packer wants a ${type}`, type === 'string' ? 'put it in quotes' : `write a ${type}`)
    } else if (typeof value === 'string') {
      const complaint = textComplaint(value, { multiline: true, mayBeEmpty: true })
      if (complaint !== undefined) complain(at, `the value ${complaint.message}`, complaint.hint)
    }
  }

  function complain(at: Mistake['path'], message: string, hint: string | undefined, atKey = false): void {
    mistakes.push({ path: at, atKey, message: `${dotted(at)}: ${message}`, ...(hint !== undefined && { hint }) })
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
