import type { Resolved } from '../../config/resolved.ts'
import { familyOf } from '../../packer/version.ts'
import type { Replaced } from '../cloud.ts'
import { ociOf } from './settings.ts'

/** As many processors as the default has, in a size that the shape itself decides. */
const fixedShape = 'VM.Standard2.2'

/**
 * A shape of fixed size in place of the default one, whose size Packer 1.6.6 cannot say; undefined where the shape was
 * chosen, or the architecture has none of fixed size.
 */
export function withFixedShape(resolved: Resolved, packerVersion: string): Replaced | undefined {
  const { shapeConfig: _, ...oci } = ociOf(resolved)
  const isDefault = (field: string): boolean =>
    (resolved.origins[`providers.packer.oci.${field}`] ?? 'default') === 'default'
  const chosen = !['shape', 'shape_config', 'shape_config.ocpus', 'shape_config.memory_in_gbs'].every(isDefault)
  if (familyOf(packerVersion) !== 'bundled' || chosen || resolved.build.arch !== 'x86_64') return undefined
  return {
    resolved: { ...resolved, oci: { ...oci, shape: fixedShape } },
    message: `building on ${fixedShape} in place of the default ${oci.shape}, whose size Packer ${packerVersion} cannot say`,
    hint: 'install Packer 1.9 or newer, or choose oci.shape',
  }
}
