import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type OciImageSettings, ociOf } from './settings.ts'

/**
 * What the oracle-oci builder calls, as statements of a policy for a group called `sindri`. Seen with plugin 1.1.2, and
 * read in https://docs.oracle.com/iaas/Content/Identity/Reference/corepolicyreference.htm (2026-11).
 */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const oci = ociOf(resolved)
  const build = place(oci.compartmentOcid)
  const image = oci.imageCompartmentOcid === undefined ? build : place(oci.imageCompartmentOcid)
  const needed: readonly (readonly [statement: string, purpose: string])[] = [
    [`manage instances in ${build}`, 'launch, watch, capture and terminate the build instance'],
    [`use vnics in ${build}`, 'give the build instance its network interface and read its address'],
    [`inspect vnic-attachments in ${build}`, 'find the network interface of the build instance'],
    [`use subnets in ${build}`, 'put the build instance into its subnet'],
    ...(oci.nsgIds.length === 0
      ? []
      : [[`use network-security-groups in ${build}`, 'put the build instance into its security groups'] as const]),
    ...(image === build ? [] : [[`read instance-images in ${build}`, 'find the base image'] as const]),
    [`manage instance-images in ${image}`, `${image === build ? 'find the base image, and ' : ''}create the image`],
    [`manage compute-image-capability-schema in ${image}`, 'say how instances of the image are launched'],
    ['read compute-global-image-capability-schema in tenancy', 'read the schema that the image’s is made from'],
    ...(Object.keys(oci.extra).some((name) => name.endsWith('defined_tags_json'))
      ? [['use tag-namespaces in tenancy', 'apply the defined tags of oci.extra'] as const]
      : []),
  ]
  const who = oci.useInstancePrincipals ? 'dynamic-group' : 'group'
  return needed.map(([statement, purpose]) => ({
    action: `Allow ${who} sindri to ${statement}`,
    by: 'packer',
    purpose,
    late: false,
  }))
}

/** The statements, as `oci iam policy create --statements` takes them. */
export function policyOf(permissions: readonly Permission[]): unknown {
  return permissions.map(({ action }) => action)
}

/** `$NAME` where the config takes the compartment from the environment: no value of it is known here. */
function place(compartment: OciImageSettings['compartmentOcid']): string {
  if (typeof compartment !== 'string') return `compartment id $${compartment.environment}`
  return compartment.startsWith('ocid1.tenancy.') ? 'tenancy' : `compartment id ${compartment}`
}
