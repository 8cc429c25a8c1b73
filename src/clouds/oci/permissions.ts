import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type OciImageSettings, ociOf } from './settings.ts'

/**
 * What the oracle-oci builder and Sindri call, as statements of a policy for a group called `sindri`. Seen with Packer
 * 1.6.6 and plugin 1.1.2, and read in
 * https://docs.oracle.com/iaas/Content/Identity/policyreference/corepolicyreference_topic-Permissions_Required_for_Each_API_Operation.htm (2026-11).
 */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const oci = ociOf(resolved)
  const build = place(oci.compartmentOcid)
  const image = oci.imageCompartmentOcid === undefined ? build : place(oci.imageCompartmentOcid)
  const packer: readonly Statement[] = [
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
  const sindri: readonly Statement[] = [
    [`manage network-security-groups in ${build}`, 'let SSH in to deployed instances, and to nothing else'],
    // To manage whole networks is the only verb that includes these two.
    [`{VCN_ATTACH, VCN_DETACH} in ${build}`, 'make and remove that security group in the network'],
  ]
  const who = oci.useInstancePrincipals ? 'dynamic-group' : 'group'
  const permission = (by: Permission['by'], [statement, purpose]: Statement): Permission => {
    return { action: `Allow ${who} sindri to ${statement}`, by, purpose, late: false }
  }
  return [...packer.map((one) => permission('packer', one)), ...sindri.map((one) => permission('sindri', one))]
}

type Statement = readonly [statement: string, purpose: string]

/** The statements, as `oci iam policy create --statements` takes them. */
export function policyOf(permissions: readonly Permission[]): unknown {
  return permissions.map(({ action }) => action)
}

/** `$NAME` where the config takes the compartment from the environment: no value of it is known here. */
function place(compartment: OciImageSettings['compartmentOcid']): string {
  if (typeof compartment !== 'string') return `compartment id $${compartment.environment}`
  return compartmentWords(compartment)
}

/** A compartment as a statement names it; the root of all is the tenancy. */
export function compartmentWords(compartment: string): string {
  return compartment.startsWith('ocid1.tenancy.') ? 'tenancy' : `compartment id ${compartment}`
}
