import type { GcpSettings } from '../sections/gcp.ts'
import type { Written } from '../written.ts'
import type { Complain } from './rule.ts'

/** What Packer's googlecompute builder would refuse. */
export function gcpRules(gcp: Written<GcpSettings>, complain: Complain): void {
  if (gcp.enable_integrity_monitoring === true && gcp.enable_vtpm === false) {
    complain(
      ['enable_vtpm'],
      'is false, but integrity monitoring needs the virtual TPM',
      'also set gcp.enable_integrity_monitoring: false',
    )
  }
  if (gcp.omit_external_ip === true && gcp.use_internal_ip !== true && gcp.use_iap !== true) {
    complain(
      ['omit_external_ip'],
      'leaves no address to reach the build instance by',
      'also set gcp.use_internal_ip: true',
    )
  }
  if (gcp.disable_default_service_account === true && gcp.service_account_email !== undefined) {
    complain(['disable_default_service_account'], 'contradicts gcp.service_account_email', 'remove one of the two')
  }
}
