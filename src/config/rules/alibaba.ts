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
  for (const key of ['vswitch_id', 'security_group_id'] as const) {
    if (alibaba[key] !== undefined && alibaba.vpc_id === undefined)
      complain(
        [key],
        'is looked for in the VPC of the build, and without vpc_id that is a new one',
        'set alibaba.vpc_id',
      )
  }
  if (alibaba.kms_key_id !== undefined && alibaba.image_encrypted !== true) {
    complain(['kms_key_id'], 'only matters to an encrypted image', 'set alibaba.image_encrypted: true')
  }
}
