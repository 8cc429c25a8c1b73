import type { VariableReference } from '../../config/environment.ts'
import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import { callerRange } from '../caller-range.ts'
import type { Environment, Target } from '../cloud.ts'
import { ociImages } from './images.ts'
import { ociLaunch } from './launch.ts'
import type { OciApi, OciHome } from './port.ts'
import { ociPublish } from './publish.ts'
import { ociOf } from './settings.ts'

/** Oracle Cloud with credentials at hand. @throws SindriError `config` when no compartment is named */
export function ociTarget(connect: (home: OciHome) => OciApi, resolved: Resolved, environment: Environment): Target {
  const settings = ociOf(resolved)
  const { useInstancePrincipals, accessCfgFile, accessCfgFileAccount } = settings
  const named = (value: string | VariableReference, what: string): string => placeOf(value, what, environment)
  const compartment = named(settings.compartmentOcid, 'compartment_ocid')
  const api = connect({
    useInstancePrincipals,
    accessCfgFile,
    accessCfgFileAccount,
    compartment,
    imageCompartment: settings.imageCompartmentOcid ?? compartment,
    environment,
  })
  return {
    home: () => api.region(),
    identity: () => api.identity(),
    source: () => api.source(),
    // Oracle Cloud does not tell who may do what, short of doing it, so nothing is said to be missing.
    callerRange: () => callerRange('give the ranges that may connect with --ssh-source-range'),
    images: ociImages(api),
    publish: ociPublish(api),
    launch: ociLaunch(api, {
      settings,
      availabilityDomain: () => named(settings.availabilityDomain, 'availability_domain'),
      subnet: () => named(settings.subnetOcid, 'subnet_ocid'),
    }),
  }
}

/** A place the config names, by itself or by a variable. */
function placeOf(value: string | VariableReference, field: string, environment: Environment): string {
  if (typeof value === 'string') return value
  const found = environment[value.environment]
  if (found !== undefined && found !== '') return found
  throw new SindriError('config', `oci.${field} is not given`, {
    hint: `set ${value.environment}, or write oci.${field} in sindri.yaml`,
  })
}
