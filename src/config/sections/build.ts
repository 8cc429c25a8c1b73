import type * as z from 'zod/mini'
import type { VariableReference } from '../environment.ts'
import { type Fields, flag, listOf, mapOf, oneOf, section, type TextRule, text, whole } from '../fields.ts'
import type { Written } from '../written.ts'

/** How the image is provisioned, the same in every cloud. */
export interface BuildSettings {
  readonly extensions: readonly string[]
  readonly profile: string
  /** `latest`, or a version such as `3.1.0`. */
  readonly sindriVersion: string
  readonly cache: boolean
  readonly scripts: readonly string[]
  readonly ansiblePlaybook?: string
  /** Secret values are never here: only the name of the variable they come from. */
  readonly environment: Readonly<Record<string, EnvironmentValue>>
  readonly fileUploads: readonly FileUpload[]
  /** 0: unlimited. */
  readonly parallelBuilds: number
  /** A duration as Packer reads it, such as `20m`. */
  readonly sshTimeout: string
  /** `ubuntu-24.04`, …, or the chosen cloud's own reference of an image. */
  readonly base: string
  readonly arch: 'x86_64' | 'arm64'
  readonly security: SecuritySettings
}

/** What is done for the security of an image. */
interface SecuritySettings {
  readonly cisHardening: boolean
  readonly openscapScan: boolean
  readonly cleanSensitiveData: boolean
  readonly removeSshKeys: boolean
}

/** A file or folder of this machine and where it goes in the image. */
interface FileUpload {
  readonly source: string
  readonly destination: string
}

/** The value of an environment variable of the provisioners. */
export type EnvironmentValue =
  | { readonly secret: false; readonly value: string }
  | ({ readonly secret: true } & VariableReference)

/** `providers.packer.build` as written. */
export interface BuildSection extends Written<Omit<BuildSettings, 'environment'>> {
  readonly name_prefix?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** What an image may start from in every cloud. */
export const baseNames = ['ubuntu-22.04', 'ubuntu-24.04', 'debian-12'] as const

/** The name of an extension or profile. */
export const extensionName: TextRule = {
  pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
  kind: 'the name of an extension or profile',
  hint: 'use lower-case letters, digits and dashes, as in docker',
}

/** `latest` or a version. */
const sindriVersion: TextRule = {
  pattern: /^(latest|v?\d+\.\d+\.\d+([-+][\w.+-]+)?)$/,
  kind: 'a version of Sindri',
  hint: 'write latest, or a version in quotes such as "3.1.0"',
}

/** What the name of an image may hold in at least one cloud; each cloud is stricter. */
export const imageName: TextRule = {
  pattern: /^[\w ()[\]./'@:-]{1,128}$/,
  kind: 'an image name',
  hint: 'use letters, digits, dots and dashes, as in sindri-production',
}

const buildFields: Fields<BuildSection> = {
  extensions: listOf('Extensions to install.', text('Extension.', extensionName)),
  profile: text('Extension profile to install.', extensionName),
  sindri_version: text('Sindri version to install: `latest` or a version.', sindriVersion),
  cache: flag('Take an existing image when it was made from the same configuration.'),
  name_prefix: text('Put in front of image_name, with a dash.', imageName),
  scripts: listOf('Scripts of your own to run, in this order.', text('Path of a script.')),
  ansible_playbook: text('Ansible playbook to run.'),
  environment: mapOf(
    'Environment of the provisioners. A value `${env:NAME}` is taken from your environment and treated as a secret.',
    text('Value.', { multiline: true, reference: true, mayBeEmpty: true }),
  ),
  file_uploads: listOf(
    'Files and folders to copy into the image.',
    section<Written<FileUpload>>(
      'An upload.',
      {
        source: text('Path on this machine.'),
        destination: text('Absolute path in the image.', {
          pattern: /^\/(?!.*(^|\/)\.\.(\/|$)).*$/,
          kind: 'an absolute path',
          hint: 'begin with / and leave out ..',
        }),
      },
      ['source', 'destination'],
    ),
  ),
  parallel_builds: whole('How many builds run at once; 0 for no limit.', 0, 1000),
  ssh_timeout: text('How long to wait for SSH on the build instance.', {
    pattern: /^(?=.*[1-9])(\d+(\.\d+)?(h|m|s|ms))+$/,
    kind: 'a duration',
    hint: 'write it as in 20m, 90s or 1h30m',
  }),
  base: text(`What the image starts from: ${baseNames.join(', ')}, or the cloud’s own reference of an image.`),
  arch: oneOf('Processor architecture.', ['x86_64', 'arm64']),
  security: section<Written<SecuritySettings>>('What is done for the security of the image.', {
    cis_hardening: flag('Harden by the CIS benchmark, level 1.'),
    openscap_scan: flag('Scan with OpenSCAP; the report stays in the image and is downloaded beside the manifest.'),
    clean_sensitive_data: flag('Remove histories, credentials, logs and caches before the image is captured.'),
    remove_ssh_keys: flag('Remove SSH host keys and authorized keys before the image is captured.'),
  }),
}

/** `providers.packer.build`. */
export const buildSection: z.ZodMiniType<BuildSection> = section('How the image is provisioned.', buildFields)
