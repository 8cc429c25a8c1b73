import * as z from 'zod/mini'
import { type CloudName, cloudNames } from './cloud-name.ts'
import { described, type Fields, listOf, mapOf, oneOf, section, text } from './fields.ts'
import { type AlibabaSettings, alibabaFields, alibabaSection } from './sections/alibaba.ts'
import { type AwsSettings, awsFields, awsSection } from './sections/aws.ts'
import { type AzureSettings, azureFields, azureSection } from './sections/azure.ts'
import { type BuildSection, buildSection, extensionName, imageName } from './sections/build.ts'
import { type GcpSettings, gcpFields, gcpSection } from './sections/gcp.ts'
import { type OciSettings, ociFields, ociSection } from './sections/oci.ts'
import { type ReleaseSettings, releaseSection } from './sections/release.ts'
import type { Written } from './written.ts'

/** sindri.yaml as it is written, checked. */
export interface Config {
  readonly version?: string | number
  readonly name?: string
  readonly deployment?: { readonly provider?: string }
  readonly extensions?: { readonly profile?: string; readonly additional?: readonly string[] }
  readonly providers?: { readonly packer?: PackerSection }
  readonly release?: Written<ReleaseSettings>
}

/** `providers.packer`: what Sindri builds images from. */
export interface PackerSection {
  readonly cloud?: CloudName
  readonly image_id?: string
  readonly image_name?: string
  readonly description?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly build?: BuildSection
  readonly aws?: Written<AwsSettings>
  readonly azure?: Written<AzureSettings>
  readonly gcp?: Written<GcpSettings>
  readonly oci?: Written<OciSettings>
  readonly alibaba?: Written<AlibabaSettings>
}

/** The resolved section of each cloud. */
export interface CloudSettings {
  readonly aws: AwsSettings
  readonly azure: AzureSettings
  readonly gcp: GcpSettings
  readonly oci: OciSettings
  readonly alibaba: AlibabaSettings
}

/** The keys of each cloud's section. */
export const cloudFields: { readonly [C in CloudName]: () => Fields<Written<CloudSettings[C]>> } = {
  aws: awsFields,
  azure: azureFields,
  gcp: gcpFields,
  oci: ociFields,
  alibaba: alibabaFields,
}

const packerFields: Fields<PackerSection> = {
  cloud: oneOf('Cloud to build in.', cloudNames),
  image_id: text('Image that `sindri vm deploy` launches when none is named.'),
  image_name: text('Name of the image; a suffix that tells builds apart is added.', imageName),
  description: text('Description of the image.', { multiline: true }),
  tags: mapOf(
    'Tags (labels in GCP) of the image and of what belongs to it.',
    text('Value.', { multiline: true, mayBeEmpty: true }),
  ),
  build: buildSection,
  aws: awsSection,
  azure: azureSection,
  gcp: gcpSection,
  oci: ociSection,
  alibaba: alibabaSection,
}

const packerSection = section('VM images.', packerFields)

/** The whole of sindri.yaml. Sections of other providers are let through untouched. */
export const configSchema: z.ZodMiniType<Config> = section<Config>('Sindri’s configuration.', {
  version: described(z.union([z.literal('1.0'), z.literal(1)]), 'Version of this format: "1.0".'),
  name: text('Name of the project; the image is called so unless image_name is given.', imageName),
  deployment: described(
    z.looseObject({ provider: z.optional(text('Provider that `sindri deploy` uses; `packer` for VM images.')) }),
    'Where the project is deployed.',
  ),
  extensions: section('What is installed, in every provider.', {
    profile: text('Extension profile.', extensionName),
    additional: listOf('Extensions besides the profile’s.', text('Extension.', extensionName)),
  }),
  providers: described(z.looseObject({ packer: z.optional(packerSection) }), 'One section for each provider.'),
  release: releaseSection,
})
