import type { CloudId } from '../src/clouds/cloud.ts'

/** What proves a feature: a config whose template says `renders`; or a test file in which `says` stands. */
export type Proof =
  | { readonly section: Readonly<Record<string, unknown>>; readonly renders: RegExp }
  | { readonly test: string; readonly says: string }

/** One cloud's place in a row: what is not there says why, or what is there in its stead. */
export type Cell = string | { readonly word: string; readonly proof: Proof }

export interface Feature {
  readonly feature: string
  readonly cells: Readonly<Record<CloudId, Cell>>
}

const gallery = { gallery_name: 'golden', image_name: 'sindri', image_version: '1.2.3' }

function template(section: Readonly<Record<string, unknown>>, renders: RegExp, word = 'Yes'): Cell {
  return { word, proof: { section, renders } }
}

function tested(test: string, says: string, word = 'Yes'): Cell {
  return { word, proof: { test, says } }
}

/** What differs between clouds, and what proves each of it. */
export const features: readonly Feature[] = [
  {
    feature: 'Image building',
    cells: {
      aws: tested('test/parts/main-job.test.ts', 'sindri.build('),
      azure: tested('test/parts/azure-job.test.ts', 'sindri.build('),
      gcp: tested('test/parts/gcp-job.test.ts', 'sindri.build('),
      oci: tested('test/parts/oci-job.test.ts', 'sindri.build('),
      alibaba: tested('test/parts/alibaba-job.test.ts', 'sindri.build('),
    },
  },
  {
    feature: 'Copies in other regions',
    cells: {
      aws: template({ ami_regions: ['eu-west-1'] }, /ami_regions\s+= \[\s+"eu-west-1"/),
      azure: template(
        { gallery: { ...gallery, replication_regions: ['westus2', 'westeurope'] } },
        /"westeurope"/,
        'Gallery',
      ),
      gcp: 'Not needed: an image is global',
      oci: 'No',
      alibaba: template({ image_copy_regions: ['cn-beijing'] }, /image_copy_regions\s+= \[\s+"cn-beijing"/),
    },
  },
  {
    feature: 'Encryption with a key of yours',
    cells: {
      aws: template({ kms_key_id: 'alias/images' }, /kms_key_id\s+= "alias\/images"/),
      azure: template(
        {
          gallery,
          disk_encryption_set_id:
            '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/own',
        },
        /disk_encryption_set_id\s+= "/,
        'Gallery',
      ),
      gcp: template(
        { kms_key_name: 'projects/keys-1/locations/eu/keyRings/images/cryptoKeys/golden' },
        /kmsKeyName\s+= "projects\/keys-1/,
      ),
      oci: 'No: images are encrypted with Oracle’s keys',
      alibaba: template({ image_encrypted: true, kms_key_id: 'key-1' }, /kms_key_id\s+= "key-1"/),
    },
  },
  {
    feature: 'Sharing with other accounts',
    cells: {
      aws: template({ ami_users: ['123456789012'], kms_key_id: 'alias/images' }, /ami_users\s+= \[\s+"123456789012"/),
      azure: 'By roles on the gallery',
      gcp: 'By roles on the project',
      oci: 'By policies on the compartment',
      alibaba: template(
        { image_share_account: ['1234567890123456'] },
        /image_share_account\s+= \[\s+"1234567890123456"/,
      ),
    },
  },
  {
    feature: 'Image gallery',
    cells: {
      aws: 'No',
      azure: template({ gallery }, /gallery_name\s+= "golden"/),
      gcp: 'No',
      oci: 'No',
      alibaba: 'No',
    },
  },
  {
    feature: 'Image family',
    cells: {
      aws: 'No',
      azure: 'Gallery: the latest version of a definition',
      gcp: template({ image_family: 'golden' }, /image_family\s+= "golden"/),
      oci: 'No',
      alibaba: template({ target_image_family: 'golden' }, /image_family\s+= "golden"/),
    },
  },
  {
    feature: 'Shielded VM, Trusted Launch',
    cells: {
      aws: 'No',
      azure: template(
        { gallery, secure_boot_enabled: true, vtpm_enabled: true },
        /secure_boot_enabled\s+= true/,
        'Gallery',
      ),
      gcp: template({ enable_secure_boot: true }, /enable_secure_boot\s+= true/),
      oci: 'No',
      alibaba: 'No',
    },
  },
  {
    feature: 'Machines of any size (Flex)',
    cells: {
      aws: 'No',
      azure: 'No',
      gcp: template({ machine_type: 'n2-custom-4-8192' }, /"n2-custom-4-8192"/, 'Custom types'),
      oci: template({ shape_config: { ocpus: 3, memory_in_gbs: 24 } }, /ocpus\s+= 3/),
      alibaba: 'No',
    },
  },
  {
    feature: 'Building at a lower price (spot)',
    cells: {
      aws: template({ spot_price: 'auto' }, /spot_price\s+= "auto"/),
      azure: template({ spot_eviction_policy: 'Delete' }, /eviction_policy\s+= "Delete"/),
      gcp: template({ preemptible: true }, /preemptible\s+= true/),
      oci: 'No',
      alibaba: 'No',
    },
  },
  {
    feature: 'Building without a public address',
    cells: {
      aws: template(
        { subnet_id: 'subnet-0123456789abcdef0', ssh_interface: 'private_ip', associate_public_ip_address: false },
        /ssh_interface\s+= "private_ip"/,
      ),
      azure: template(
        {
          virtual_network_name: 'corp',
          virtual_network_subnet_name: 'builds',
          virtual_network_resource_group_name: 'network',
        },
        /virtual_network_name\s+= "corp"/,
      ),
      gcp: template({ omit_external_ip: true, use_internal_ip: true, use_iap: true }, /omit_external_ip\s+= true/),
      oci: template({ use_private_ip: true }, /use_private_ip\s+= true/),
      alibaba: template({ associate_public_ip_address: false }, /associate_public_ip_address\s+= false/),
    },
  },
  {
    feature: 'Old metadata service off',
    cells: {
      aws: template({}, /http_tokens\s+= "required"/),
      azure: 'There is none',
      gcp: 'There is none',
      oci: template({}, /instance_options_are_legacy_imds_endpoints_disabled\s+= true/),
      alibaba: 'No',
    },
  },
  {
    feature: 'Deprecation date',
    cells: {
      aws: template({ deprecate_after_days: 90 }, /deprecate_at\s+= timeadd/),
      azure: template({ gallery: { ...gallery, end_of_life_date: '2028-02-01T00:00:00Z' } }, /2028-02-01/, 'Gallery'),
      gcp: template({ deprecate_after_days: 90 }, /deprecate_at\s+= timeadd/),
      oci: 'No',
      alibaba: 'No',
    },
  },
]

const order: readonly CloudId[] = ['aws', 'azure', 'gcp', 'oci', 'alibaba']

/** The table of features in Markdown. */
export function featureRows(): readonly string[] {
  const rows = features.map(({ feature, cells }) => {
    const words = order.map((cloud) => {
      const cell = cells[cloud]
      return typeof cell === 'string' ? cell : cell.word
    })
    return `| ${[feature, ...words].join(' | ')} |`
  })
  return ['| Feature | AWS | Azure | GCP | OCI | Alibaba |', '|---|---|---|---|---|---|', ...rows]
}
