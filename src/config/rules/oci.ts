import type { OciSettings } from '../sections/oci.ts'
import type { Written } from '../written.ts'
import type { Complain } from './rule.ts'

/** What Packer's oracle-oci builder would refuse. `shape_config` has to be as written, without its defaults. */
export function ociRules(oci: Written<OciSettings>, complain: Complain): void {
  if (oci.shape_config !== undefined && oci.shape !== undefined && !isFlexShape(oci.shape)) {
    complain(
      ['shape_config'],
      `is for Flex shapes, and ${oci.shape} is none`,
      'remove it, or choose a shape that ends with .Flex',
    )
  }
  if (oci.use_instance_principals !== true) return
  for (const key of ['region', 'access_cfg_file', 'access_cfg_file_account'] as const) {
    if (oci[key] !== undefined)
      complain([key], 'is not for instance principals, which have a region and no file', `remove oci.${key}`)
  }
}

/** True for a shape whose processors and memory are chosen: https://docs.oracle.com/iaas/Content/Compute/References/computeshapes.htm#flexible */
export function isFlexShape(shape: string): boolean {
  return shape.endsWith('.Flex')
}
