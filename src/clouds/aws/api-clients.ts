import { EC2Client, type Filter, type Tag } from '@aws-sdk/client-ec2'
import type { STSClient } from '@aws-sdk/client-sts'
import { credentialSource } from './credential-source.ts'
import { awsError } from './errors.ts'
import type { AwsHome, TagFilter, Tags } from './port.ts'

/** A request that stalls longer than this is given up and, where it may be, sent again. */
const requestTimeoutMs = 60_000

/** What every client of AWS is made with. */
export const common: {
  readonly maxAttempts: number
  readonly requestHandler: { readonly requestTimeout: number; readonly connectionTimeout: number }
} = {
  maxAttempts: 5,
  requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: 10_000 },
}

/** EC2 of each region, with the default credential chain of the AWS SDK. */
export interface Ec2 {
  client(region: string): EC2Client
  /** Fails with a SindriError that names the IAM action. */
  call<T>(action: string, region: string, send: (ec2: EC2Client) => Promise<T>): Promise<T>
  /** Where the credentials come from, in words; nothing where there are none. */
  sourceOf(client: Pick<EC2Client | STSClient, 'config'>): Promise<string>
}

/** No call is made before it is needed. */
export function openEc2(home: AwsHome): Ec2 {
  const clients = new Map<string, EC2Client>()
  const ec2: Ec2 = {
    client(region) {
      const known = clients.get(region) ?? new EC2Client({ ...common, region })
      clients.set(region, known)
      return known
    },
    async call(action, region, send) {
      const client = ec2.client(region)
      try {
        return await send(client)
      } catch (error) {
        throw awsError(error, action, region, await ec2.sourceOf(client))
      }
    },
    async sourceOf({ config }) {
      const credentials = await config.credentials().catch(() => undefined)
      if (credentials === undefined) return ''
      const marks: unknown = Reflect.get(credentials, '$source')
      return credentialSource(Object.keys(marks ?? {}), home.environment.AWS_PROFILE)
    },
  }
  return ec2
}

/** Filters for tags; the value `*` asks for the key alone. */
export function filters(tags: TagFilter | undefined): Filter[] {
  return Object.entries(tags ?? {}).map(([key, value]) =>
    value === '*' ? { Name: 'tag-key', Values: [key] } : { Name: `tag:${key}`, Values: [value] },
  )
}

/** Tags as EC2 takes them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

/** Tags as EC2 tells them. */
export function tagsOf(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))
}
