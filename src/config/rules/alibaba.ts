import type { AlibabaSettings } from '../sections/alibaba.ts'
import type { Written } from '../written.ts'
import type { Complain } from './rule.ts'

/** What Packer's alicloud-ecs builder would refuse. */
export function alibabaRules(alibaba: Written<AlibabaSettings>, complain: Complain): void {
  const names = alibaba.image_copy_names ?? []
  const regions = alibaba.image_copy_regions ?? []
  if (names.length > 0 && names.length !== regions.length) {
    complain(
      ['image_copy_names'],
      `has ${names.length} names for ${regions.length} regions`,
      'give one name for each of alibaba.image_copy_regions, or none',
    )
  }
  if (alibaba.kms_key_id !== undefined && alibaba.image_encrypted !== true) {
    complain(['kms_key_id'], 'only matters to an encrypted image', 'set alibaba.image_encrypted: true')
  }
}
