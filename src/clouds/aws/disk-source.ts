import { bucketAndKey } from '../../remote/disk-url.ts'
import type { DiskSource } from '../disk-source.ts'

/** An object in S3: `s3://bucket/key`. */
export const s3Source: DiskSource = {
  scheme: 's3',
  cloud: 'aws',
  permissions(address) {
    const { bucket, key } = bucketAndKey(address)
    // What is a wildcard in a policy is written so where it is meant itself:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars (2026-11)
    const own = key.replaceAll(/[*?$]/g, (character) => `\${${character}}`)
    const on = `arn:aws:s3:::${bucket}/${own}`
    return [{ action: 's3:GetObject', by: 'sindri', purpose: 'read the disk', late: false, on }]
  },
  async open(address, { environment, clock, signal }) {
    const { openS3Object } = await import('./object-api.ts')
    return openS3Object(bucketAndKey(address), { environment, clock, signal })
  },
}
