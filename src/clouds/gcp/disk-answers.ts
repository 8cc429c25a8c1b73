import { type Json, object, objects, textOf } from './answers.ts'
import type { GcpBucket, GcpObject, ImagePolicy } from './disk-port.ts'

/** https://cloud.google.com/storage/docs/json_api/v1/buckets (2026-11) */
export function bucketOf(bucket: Json): GcpBucket {
  return {
    name: textOf(bucket, 'name') ?? '',
    location: (textOf(bucket, 'location') ?? '').toLowerCase(),
    labels: texts(bucket.labels),
  }
}

/** https://cloud.google.com/storage/docs/json_api/v1/objects (2026-11) */
export function objectOf(told: Json): GcpObject {
  return {
    name: textOf(told, 'name') ?? '',
    sizeBytes: Number(told.size ?? 0),
    md5: textOf(told, 'md5Hash'),
    metadata: texts(told.metadata),
  }
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/images/getIamPolicy (2026-11) */
export function policyOf(told: Json): ImagePolicy {
  const bindings = objects(told.bindings).map(({ role, members, condition }) => ({
    role: String(role ?? ''),
    members: Array.isArray(members) ? members.map(String) : [],
    ...(condition !== undefined && { condition }),
  }))
  return { bindings, etag: textOf(told, 'etag') ?? '' }
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object(value)).map(([key, text]) => [key, String(text)]))
}
