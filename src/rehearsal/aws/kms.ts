import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import { stableId } from './ids.ts'
import { account } from './signature.ts'

/** ARN of the region's AWS managed key `aws/ebs`, which nobody outside the account can use. */
export function defaultKey(region: string): string {
  const hex = stableId('key', region, 'aws/ebs').slice('key-'.length).padEnd(32, '0')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  return `arn:aws:kms:${region}:${account}:key/${id}`
}

/**
 * What encryption a request asks for, or the region does by default. Without a key, the default one. Naming a key
 * without `Encrypted` is refused.
 */
export function encryption(
  call: Call,
  asked: boolean | undefined,
  key: string | undefined,
): { readonly encrypted: boolean; readonly kmsKeyId?: string } {
  const encrypted = asked === true || call.here.encryptsByDefault === true
  if (key !== undefined && !encrypted) {
    throw awsError('InvalidParameterDependency', 'The parameter KmsKeyId requires the parameter Encrypted to be set.')
  }
  if (!encrypted) return { encrypted: false }
  return {
    encrypted: true,
    kmsKeyId: key === undefined || key === 'alias/aws/ebs' ? defaultKey(call.region) : keyArn(call.region, key),
  }
}

function keyArn(region: string, key: string): string {
  if (key.startsWith('arn:')) return key
  return `arn:aws:kms:${region}:${account}:${key.startsWith('alias/') ? key : `key/${key}`}`
}

/** EC2 accepts any key at first and fails later when it cannot use it: here, a key of another region. */
export function keyFailure(region: string, kmsKeyId: string | undefined): { readonly failure?: string } {
  if (kmsKeyId === undefined || kmsKeyId.startsWith(`arn:aws:kms:${region}:`)) return {}
  return { failure: `Given key ID is not accessible: ${kmsKeyId} is not a key of ${region}` }
}
