import type { CloudName } from './cloud-name.ts'
import type { CloudSettings } from './schema.ts'
import type { AwsDeploy } from './sections/aws.ts'
import type { BuildSettings } from './sections/build.ts'

/** Where a setting came from: a flag, the section of sindri.yaml it is written in, or the table of defaults. */
export type Origin =
  | 'flag'
  | 'name'
  | 'extensions'
  | 'providers.packer'
  | 'providers.packer.build'
  | `providers.packer.${CloudName}`
  | 'default'

/** What `sindri vm deploy` launches; of AWS alone more than the instance type is known. */
export interface DeploySettings extends AwsDeploy {
  readonly imageId?: string
  readonly instanceType: string
  readonly sshSourceRanges: readonly string[]
}

/** A value that reaches Packer as a sensitive variable, through the environment. */
export interface Secret {
  /** The Packer variable. */
  readonly variable: string
  /** The environment variable its value is in. */
  readonly name: string
}

/** Everything that is to be known for one image in one cloud: flags, sindri.yaml and defaults, merged and checked. */
export interface Resolved {
  readonly cloud: CloudName
  /** Without the suffix that tells builds apart. */
  readonly imageName: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly build: BuildSettings
  /** Of the five, the section of `cloud` is there. */
  readonly aws?: Omit<CloudSettings['aws'], 'deploy'>
  readonly azure?: CloudSettings['azure']
  readonly gcp?: CloudSettings['gcp']
  readonly oci?: CloudSettings['oci']
  readonly alibaba?: CloudSettings['alibaba']
  readonly deploy: DeploySettings
  /** Every `${env:…}` there is in this configuration. */
  readonly secrets: readonly Secret[]
  /** By path in sindri.yaml, for each setting of the image. */
  readonly origins: Readonly<Record<string, Origin>>
}
