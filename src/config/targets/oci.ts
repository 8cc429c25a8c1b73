import { type Fields, flag, listOf, text } from '../fields.ts'
import { ocid, ociRegion, ociShape } from '../sections/oci.ts'
import type { Written } from '../written.ts'
import { type Regions, regionFields, regionsOf } from './regions.ts'
import type { Resolve } from './target.ts'

/** Where in Oracle Cloud; the disk is sent to the first region, and every region imports it from there. */
export interface OciReleaseSettings extends Regions {
  readonly compartmentOcid: string
  /** Of the first region; made where there is none. */
  readonly bucket: string
  /** Of the bucket, where it is made. */
  readonly bucketCompartmentOcid: string
  readonly shapes: readonly string[]
  readonly useInstancePrincipals: boolean
  readonly accessCfgFile?: string
  readonly accessCfgFileAccount?: string
}

/** `release.targets.oci`. */
export const ociReleaseFields = (): Fields<Written<OciReleaseSettings>> => ({
  ...regionFields('Regions; the disk is sent to the first, and all import it from there.', text('Region.', ociRegion)),
  compartment_ocid: text('Compartment of the images; who may use them is said by its policies.', compartment),
  bucket: text('Bucket of the first region that the disk passes through; made, and private, where there is none.', {
    pattern: /^[A-Za-z0-9._-]{1,256}$/,
    kind: 'the name of a bucket',
    hint: 'letters, digits, dots, dashes and underscores',
  }),
  bucket_compartment_ocid: text('Compartment a bucket is made in; otherwise compartment_ocid.', compartment),
  shapes: listOf(
    'Shapes to note as fit for the image, besides VM.Standard.A1.Flex for arm64.',
    text('Shape.', ociShape),
  ),
  use_instance_principals: flag('Authenticate as the instance this runs on.'),
  access_cfg_file: text('Configuration file in place of ~/.oci/config.'),
  access_cfg_file_account: text('Profile of that file; otherwise DEFAULT.'),
})

const compartment = ocid('compartment|tenancy')

/** The bucket where none is named. */
const usualBucket = 'sindri-publish'

/** With defaults. */
export const ociRelease: Resolve<OciReleaseSettings> = (oci, complain) => {
  const { compartment_ocid: compartmentOcid = '' } = oci
  return {
    ...regionsOf(oci, complain),
    compartmentOcid,
    bucket: oci.bucket ?? usualBucket,
    bucketCompartmentOcid: oci.bucket_compartment_ocid ?? compartmentOcid,
    shapes: oci.shapes ?? [],
    useInstancePrincipals: oci.use_instance_principals ?? false,
    ...(oci.access_cfg_file !== undefined && { accessCfgFile: oci.access_cfg_file }),
    ...(oci.access_cfg_file_account !== undefined && { accessCfgFileAccount: oci.access_cfg_file_account }),
  }
}
