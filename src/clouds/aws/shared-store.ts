import type { StorePlace } from '../../config/store-place.ts'
import type { Permission } from '../cloud.ts'
import type { SharedStore } from '../shared-store.ts'

/** A bucket of S3, or of what speaks its language: `s3://bucket/prefix`. */
export type S3Place = Extract<StorePlace, { readonly scheme: 's3' }>

/** Records in S3. */
export function awsSharedStore(place: S3Place): SharedStore {
  return {
    name: nameOf(place),
    cloud: 'aws',
    permissions: permissionsOf(place),
    async open(release, environment, rehearsed) {
      const { openS3Store } = await import('./store.ts')
      return openS3Store(place, release, environment, rehearsed)
    },
  }
}

/** As it is written in the config, without the region. */
export function nameOf({ bucket, prefix }: S3Place): string {
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
}

/**
 * Without s3:ListBucket S3 answers 403 for an object that is not there, also where a condition limits it to the prefix:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (2026-11).
 */
function permissionsOf({ bucket, prefix, region = '' }: S3Place): readonly Permission[] {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
  const whole = `arn:${partition}:s3:::${bucket}`
  const purpose = 'share the records of releases'
  const objects = `${whole}/${prefix === '' ? '' : `${prefix}/`}*`
  return ['s3:GetObject', 's3:ListBucket', 's3:PutObject'].map((action) => {
    return { action, by: 'sindri', purpose, late: false, on: action === 's3:ListBucket' ? whole : objects }
  })
}
