import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Clock } from '../../core/clock.ts'
import { SindriError } from '../../core/error.ts'
import { retry } from '../../core/retry.ts'
import { answeredRange, changed, cut, lengthOfAnswer } from '../../remote/answered-range.ts'
import type { RemoteObject } from '../../remote/remote-object.ts'
import type { Environment } from '../cloud.ts'
import { common } from './api-clients.ts'
import { awsError } from './errors.ts'

/** Where a client asks first when nothing says otherwise; S3 tells where the bucket is. */
const anyRegion = 'us-east-1'
/** A connection on which nothing moves for so long is given up. */
const silenceMs = 30_000

/**
 * An object of S3, or of what speaks its language, with the default credential chain of the AWS SDK. Each range is asked
 * for on condition that it is the object of the first answer.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (2026-11)
 */
export async function openS3Object(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  {
    environment,
    clock,
    signal: opening,
  }: { readonly environment: Environment; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<RemoteObject> {
  const name = `s3://${bucket}/${key}`
  const { AWS_ENDPOINT_URL_S3: endpoint = environment.AWS_ENDPOINT_URL } = environment
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE } = environment
  const client = new S3Client({
    ...common,
    requestHandler: { ...common.requestHandler, socketTimeout: silenceMs },
    ...(!AWS_REGION && !AWS_DEFAULT_REGION && !AWS_PROFILE && { region: anyRegion }),
    followRegionRedirects: true,
    // Only S3 itself has a host for each bucket.
    ...(endpoint && { forcePathStyle: true }),
    // A sum is of the whole object and says nothing of a range.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })

  async function get(range: string, etag: string | undefined, abortSignal: AbortSignal) {
    const wanted = { Bucket: bucket, Key: key, Range: range, ...(etag !== undefined && { IfMatch: etag }) }
    try {
      return await client.send(new GetObjectCommand(wanted), { abortSignal })
    } catch (error) {
      throw failure(error, abortSignal)
    }
  }

  function failure(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return error
    if (isNamed(error, 'PreconditionFailed')) return changed(name)
    if (isNamed(error, 'NoSuchKey', 'NoSuchBucket', 'NotFound'))
      return new SindriError('not-found', `${name} does not exist`, { hint: `aws s3 ls ${name}`, cause: error })
    return awsError(error, 's3:GetObject', name)
  }

  /** S3 has no range of an object without bytes. */
  async function first(): Promise<{ readonly sizeBytes: number; readonly etag: string }> {
    const whole = await get('bytes=0-0', undefined, opening).catch((error: unknown) => {
      if (error instanceof SindriError && isNamed(error.cause, 'InvalidRange')) return undefined
      throw error
    })
    if (whole === undefined) return { sizeBytes: 0, etag: '' }
    const { Body, ContentRange, ETag: etag = '' } = whole
    await Body?.transformToByteArray()
    return { sizeBytes: answeredRange(ContentRange, name).sizeBytes, etag }
  }

  try {
    const { sizeBytes, etag } = await retry(clock, opening, first)
    return {
      ...{ name, address: name, sizeBytes, validator: etag },
      async *read(offset, length, signal) {
        const { Body, ContentRange } = await get(`bytes=${offset}-${offset + length - 1}`, etag, signal)
        const comes = lengthOfAnswer(ContentRange, name, { offset, length, sizeBytes })
        try {
          // Cast: in Node it is a stream of Node's.
          if (Body !== undefined) yield* cut(Body as unknown as AsyncIterable<Uint8Array>, comes, name)
        } catch (error) {
          throw failure(error, signal)
        }
      },
      close: async () => client.destroy(),
    }
  } catch (error) {
    client.destroy()
    throw error
  }
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}
