import { SindriError } from '../core/error.ts'
import builders from './builders.generated.json' with { type: 'json' }
import type { Block } from './hcl.ts'
import { familyOf } from './version.ts'

/** Something the found Packer cannot do, left out of the template. */
export interface Dropped {
  /** The builder, provisioner or post-processor, for example `amazon-ebs` or `provisioner-shell`. */
  readonly component: string
  readonly name: string
  /** True when the image or its build is less protected without it. */
  readonly security: boolean
}

/** Per component, the names that Packer 1.6.6 refuses at any depth. */
export type UnknownNames = Readonly<
  Record<
    string,
    { readonly unknownIn166?: { readonly attributes: readonly string[]; readonly blocks: readonly string[] } }
  >
>

const protections = new Set([
  'confidential_vm_image_encryption_type',
  'deregistration_protection',
  'disk_encryption_key',
  'disk_encryption_set_id',
  'encryption_at_host',
  'image_forbidden_signatures_db',
  'image_key_exchange_key',
  'image_platform_key',
  'image_signatures_db',
  'imds_support',
  'instance_options_are_legacy_imds_endpoints_disabled',
  'kms_key_copy_ids',
  'kms_key_id',
  'metadata_options',
  'secure_boot_enabled',
  'security_encryption_type',
  'security_enhancement_strategy',
  'security_type',
  'temporary_security_group_source_public_ip',
  'vtpm_enabled',
])

/**
 * The blocks as this version of Packer understands them, and what had to go: with 1.6.6 `required_plugins` (its
 * builders are inside, nothing is lost) and every attribute and block its builders do not know yet.
 * @throws SindriError `prerequisite` when the version is not supported
 */
export function forVersion(
  blocks: readonly Block[],
  version: string,
  table: UnknownNames = builders,
): { readonly blocks: readonly Block[]; readonly dropped: readonly Dropped[] } {
  if (familyOf(version) === 'plugins') return { blocks, dropped: [] }
  const dropped: Dropped[] = []
  const translated = blocks
    .filter((one) => !isPluginsOnly(one))
    .map((one) => known(one, undefined, table, (lost) => dropped.push(lost)))
  return { blocks: translated, dropped }
}

/**
 * Refuses a template that would silently be another one: what was dropped and is required.
 * @param required what to do instead, by name
 * @throws SindriError `prerequisite`
 */
export function refuseLoss(
  dropped: readonly Dropped[],
  version: string,
  required: Readonly<Record<string, string>> = {},
): void {
  const complaints = dropped
    .filter(({ name }) => Object.hasOwn(required, name))
    .map(({ component, name }) => ({
      message: `Packer ${version} does not know ${component}.${name}, and without it this would be another template`,
      hint: `install Packer 1.9 or newer${required[name] === '' ? '' : `, or ${required[name]}`}`,
    }))
  const [first] = complaints
  if (first === undefined) return
  if (complaints.length === 1) throw new SindriError('prerequisite', first.message, { hint: first.hint })
  throw new SindriError('prerequisite', complaints.map(({ message }) => message).join('\n'), { complaints })
}

function isPluginsOnly(one: Block): boolean {
  return (
    one.type === 'packer' &&
    Object.keys(one.attributes).length === 0 &&
    one.blocks.every((child) => child.type === 'required_plugins')
  )
}

function known(one: Block, inside: string | undefined, table: UnknownNames, drop: (lost: Dropped) => void): Block {
  const component = inside ?? componentOf(one)
  const unknown = component === undefined ? undefined : table[component]?.unknownIn166
  const keep = (name: string, list: readonly string[] | undefined): boolean => {
    if (component === undefined || list?.includes(name) !== true) return true
    drop({ component, name, security: protections.has(name) })
    return false
  }
  return {
    ...one,
    attributes: Object.fromEntries(
      Object.entries(one.attributes).filter(([name, value]) => value !== undefined && keep(name, unknown?.attributes)),
    ),
    blocks: one.blocks
      .filter((child) => child.type !== 'required_plugins' && keep(child.type, unknown?.blocks))
      .map((child) => known(child, component, table, drop)),
  }
}

function componentOf(one: Block): string | undefined {
  const [label] = one.labels
  if (label === undefined) return undefined
  if (one.type === 'source') return label
  return one.type === 'provisioner' || one.type === 'post-processor' ? `${one.type}-${label}` : undefined
}
