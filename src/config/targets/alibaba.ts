import { type Fields, flag, listOf, type TextRule, text } from '../fields.ts'
import { alibabaAccount, alibabaFamily, alibabaRegion } from '../sections/alibaba.ts'
import type { Written } from '../written.ts'
import { type Regions, regionFields, regionsOf } from './regions.ts'
import type { Resolve } from './target.ts'

/** Where and for whom in Alibaba Cloud; what is imported in the first region is copied to the others. */
export interface AlibabaReleaseSettings extends Regions {
  /** Of OSS, in the first region. */
  readonly bucket: string
  readonly accounts: readonly string[]
  readonly imageFamily?: string
  readonly nvme: boolean
  readonly createImportRole: boolean
}

/** https://www.alibabacloud.com/help/en/oss/user-guide/bucket-naming-conventions (2026-11) */
const bucketName: TextRule = {
  pattern: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  kind: 'the name of a bucket',
  hint: 'use 3 to 63 lower case letters, digits and hyphens, no hyphen at either end',
}

/** `release.targets.alibaba`. */
export const alibabaReleaseFields = (): Fields<Written<AlibabaReleaseSettings>> => ({
  ...regionFields('Regions; the disk is imported in the first and copied from there.', text('Region.', alibabaRegion)),
  bucket: text(
    'OSS bucket in the first region that the disk passes through; made private when there is none, and kept.',
    bucketName,
  ),
  accounts: listOf('Accounts that may use the image.', text('Account.', alibabaAccount)),
  image_family: text('Family the image joins in each region.', alibabaFamily),
  nvme: flag('The disk has a driver for NVMe, as every newer Linux has; true when it is not given.'),
  create_import_role: flag(
    'Make the role that lets ECS read the bucket, when the account has none; true when it is not given.',
  ),
})

/** With defaults. */
export const alibabaRelease: Resolve<AlibabaReleaseSettings> = (alibaba, complain) => ({
  ...regionsOf(alibaba, complain),
  bucket: alibaba.bucket ?? '',
  accounts: alibaba.accounts ?? [],
  nvme: alibaba.nvme ?? true,
  createImportRole: alibaba.create_import_role ?? true,
  ...(alibaba.image_family !== undefined && { imageFamily: alibaba.image_family }),
})
