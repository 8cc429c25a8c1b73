import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { SindriError } from '../../core/error.ts'
import type { Store } from '../../core/store.ts'
import type { Environment } from '../cloud.ts'
import { heardClock, type Objects, objectStore } from '../object-store.ts'
import { common } from './api-clients.ts'
import { awsError } from './errors.ts'
import { nameOf, type S3Place } from './shared-store.ts'

/** The region a client asks first; S3 tells where the bucket is. */
const anyRegion = 'us-east-1'

/**
 * The records of a release in S3, with the default credential chain of the AWS SDK. No call is made before it is needed.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html (2026-11)
 */
export function openS3Store(place: S3Place, release: string, environment: Environment, rehearsed: boolean): Store {
  const { AWS_ENDPOINT_URL_S3: endpoint = environment.AWS_ENDPOINT_URL } = environment
  const { bucket, prefix } = place
  const client = new S3Client({
    ...common,
    ...(place.region !== undefined && { region: place.region }),
    ...(place.region === undefined && !regionIn(environment) && { region: anyRegion }),
    followRegionRedirects: true,
    // Only S3 itself has a host for each bucket.
    ...(endpoint !== undefined && endpoint !== '' && { forcePathStyle: true }),
  })
  const clock = heardClock()
  client.middlewareStack.add(
    (next) => async (asked) => {
      const answered = await next(asked)
      clock.hear(dateOf(answered.response))
      return answered
    },
    { step: 'deserialize', priority: 'low', name: 'hearTheTime' },
  )
  const ask = <T>(action: string, send: () => Promise<T>): Promise<T> => asked(place, action, send)
  /** In a rehearsal there is no bucket till something is to be written. */
  const absent = (error: unknown): boolean => isCode(error, 'NoSuchKey') || (rehearsed && isCode(error, 'NoSuchBucket'))

  const objects: Objects = {
    async get(name) {
      try {
        return await ask('s3:GetObject', async () => {
          const { Body, ETag = '' } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }))
          return { text: (await Body?.transformToString()) ?? '', version: ETag }
        })
      } catch (error) {
        if (absent(error)) return undefined
        throw error
      }
    },

    async put(name, text, condition) {
      const Body = Buffer.from(text)
      const when = 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch }
      const command = { Bucket: bucket, Key: name, Body, ContentType: 'text/plain; charset=utf-8', ...when }
      try {
        return await ask('s3:PutObject', async () => (await client.send(new PutObjectCommand(command))).ETag ?? '')
      } catch (error) {
        // 409 while another write of it is under way; 404 for a version of what is not there.
        if (isCode(error, 'PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey')) return undefined
        if (!rehearsed || !isCode(error, 'NoSuchBucket')) throw error
        await createBucket(client, bucket)
        return objects.put(name, text, condition)
      }
    },

    async list(begins) {
      const found: string[] = []
      for (let token: string | undefined, more = true; more; ) {
        const query = { Bucket: bucket, Prefix: begins, ...(token !== undefined && { ContinuationToken: token }) }
        const page = await ask('s3:ListBucket', () => client.send(new ListObjectsV2Command(query))).catch(
          (error: unknown) => {
            if (absent(error)) return { Contents: [], IsTruncated: false, NextContinuationToken: undefined }
            throw error
          },
        )
        found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key))
        token = page.NextContinuationToken
        more = page.IsTruncated === true && token !== undefined
      }
      return found
    },

    close: () => client.destroy(),
  }
  return objectStore(objects, `${prefix === '' ? '' : `${prefix}/`}${release}/`, clock)
}

function regionIn({ AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE }: Environment): boolean {
  return [AWS_REGION, AWS_DEFAULT_REGION, AWS_PROFILE].some((one) => one !== undefined && one !== '')
}

/** Answers in words that name the bucket and the permission. */
async function asked<T>(place: S3Place, action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (isCode(error, 'NoSuchBucket'))
      throw new SindriError('not-found', `the bucket ${place.bucket} of ${nameOf(place)} does not exist`, {
        hint: `correct release.store, or make it: aws s3 mb s3://${place.bucket}`,
        cause: error,
      })
    if (isCode(error, 'NotImplemented'))
      throw new SindriError('prerequisite', `${nameOf(place)} does not keep conditions: it does not know them`, {
        hint: 'choose a store that honours If-None-Match and If-Match on writes',
        cause: error,
      })
    const failure = awsError(error, action, nameOf(place))
    if (failure.code !== 'denied') throw failure
    throw new SindriError('denied', failure.message, {
      hint: `allow ${action} there; 'sindri vm permissions --publish --cloud aws' prints all that is needed`,
      cause: error,
    })
  }
}

async function createBucket(client: S3Client, Bucket: string): Promise<void> {
  const region = await client.config.region()
  const where =
    region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }
  try {
    await client.send(new CreateBucketCommand({ Bucket, ...where }))
  } catch (error) {
    if (!isCode(error, 'BucketAlreadyOwnedByYou')) throw error
  }
}

function dateOf(response: unknown): string | undefined {
  const headers: unknown =
    typeof response === 'object' && response !== null ? Reflect.get(response, 'headers') : undefined
  const date: unknown = typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'date') : undefined
  return typeof date === 'string' ? date : undefined
}

/** The SDK's name of an error, also where it was put into our words. */
function isCode(error: unknown, ...codes: readonly string[]): boolean {
  if (error instanceof SindriError) return error.cause !== undefined && isCode(error.cause, ...codes)
  return error instanceof Error && codes.includes(error.name)
}
