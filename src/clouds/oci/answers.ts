import type { Addresses, OciImage, OciInstance, OciSecurityGroup, Tags } from './port.ts'

/** An object as Oracle Cloud's APIs answer it. */
export type Json = { readonly [name: string]: unknown }

/** A member that is text. */
export function textOf(value: Json, name: string): string | undefined {
  const found = value[name]
  return typeof found === 'string' ? found : undefined
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Image (2026-11) */
export function imageOf(image: Json): OciImage {
  return {
    id: textOf(image, 'id') ?? '',
    name: textOf(image, 'displayName') ?? '',
    state: textOf(image, 'lifecycleState') ?? 'UNKNOWN',
    createdAt: textOf(image, 'timeCreated') ?? '',
    tags: tagsOf(image),
  }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Instance (2026-11) */
export function instanceOf(instance: Json): OciInstance {
  return {
    id: textOf(instance, 'id') ?? '',
    state: textOf(instance, 'lifecycleState') ?? 'UNKNOWN',
    tags: tagsOf(instance),
  }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Vnic (2026-11) */
export function addressesOf(vnic: Json): Addresses {
  return { publicAddress: textOf(vnic, 'publicIp'), privateAddress: textOf(vnic, 'privateIp') }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/NetworkSecurityGroup (2026-11) */
export function securityGroupOf(group: Json): OciSecurityGroup {
  return { id: textOf(group, 'id') ?? '', name: textOf(group, 'displayName') ?? '', tags: tagsOf(group) }
}

/** The range of a rule that lets SSH in. https://docs.oracle.com/iaas/api/#/en/iaas/20160918/SecurityRule (2026-11) */
export function sshRangeOf(rule: Json): string | undefined {
  const { min, max } = object(object(rule.tcpOptions).destinationPortRange)
  return rule.direction === 'INGRESS' && rule.protocol === tcp && min === 22 && max === 22
    ? textOf(rule, 'source')
    : undefined
}

/** What lets SSH in from a range: the other side of `sshRangeOf`. */
export function sshRule(range: string): Json {
  return {
    direction: 'INGRESS',
    protocol: tcp,
    source: range,
    sourceType: 'CIDR_BLOCK',
    description: 'SSH to an instance deployed by Sindri',
    tcpOptions: { destinationPortRange: { min: 22, max: 22 } },
  }
}

const tcp = '6'

function tagsOf(resource: Json): Tags {
  return Object.fromEntries(Object.entries(object(resource.freeformTags)).map(([key, value]) => [key, String(value)]))
}

/** An object among the members of another; empty when it is left out. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
