import { type Json, object, textOf } from './answers.ts'
import type { BucketFacts, CapabilitySchema, LaunchOptions } from './disk-port.ts'

/** https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/Bucket (2026-11) */
export function bucketOf(bucket: Json): BucketFacts {
  return {
    publicAccess: textOf(bucket, 'publicAccessType') ?? '',
    tier: textOf(bucket, 'storageTier') ?? '',
    versioning: textOf(bucket, 'versioning') ?? '',
    readOnly: bucket.isReadOnly === true,
  }
}

const metadataPrefix = 'opc-meta-'

/** What was written on an object, as the headers of an answer have it. */
export function metadataOf(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => name.startsWith(metadataPrefix))
      .map(([name, value]) => [name.slice(metadataPrefix.length), value]),
  )
}

/**
 * Launch options as a capability schema holds them: each word is the only one, or the first of those that instances may
 * choose. https://docs.oracle.com/iaas/Content/Compute/Tasks/configuringimagecapabilities.htm (2026-11)
 */
export function schemaDataOf({ firmware, launchMode, network, bootVolume }: LaunchOptions): Json {
  const choice = (values: readonly string[]): Json => {
    return { descriptorType: 'enumstring', source: 'IMAGE', values, defaultValue: values[0] }
  }
  return {
    'Compute.Firmware': choice(firmware),
    'Compute.LaunchMode': choice([launchMode]),
    'Network.AttachmentType': choice([network]),
    'Storage.BootVolumeType': choice([bootVolume]),
    'Storage.LocalDataVolumeType': choice([bootVolume]),
    'Storage.RemoteDataVolumeType': choice([bootVolume]),
  }
}

/** The other side of `schemaDataOf`: what instances get unless they say otherwise comes first. */
export function capabilityOf(schema: Json): CapabilitySchema {
  const data = object(schema.schemaData)
  const defaultOf = (name: string): string => textOf(object(data[name]), 'defaultValue') ?? 'not said'
  const { values } = object(data['Compute.Firmware'])
  const first = defaultOf('Compute.Firmware')
  const others = Array.isArray(values) ? values.map(String).filter((value) => value !== first) : []
  return {
    id: textOf(schema, 'id') ?? '',
    options: {
      firmware: [first, ...others],
      launchMode: defaultOf('Compute.LaunchMode'),
      network: defaultOf('Network.AttachmentType'),
      bootVolume: defaultOf('Storage.BootVolumeType'),
    },
  }
}
