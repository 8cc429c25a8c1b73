import type { TextRule } from './fields.ts'

/** Where the records of releases are kept for several machines, in the words of a cloud. */
export type StorePlace =
  | {
      readonly scheme: 's3'
      readonly bucket: string
      readonly prefix: string
      /** Otherwise that of the credentials; a bucket that is elsewhere is found. */
      readonly region: string | undefined
    }
  | { readonly scheme: 'gs'; readonly bucket: string; readonly prefix: string }
  | { readonly scheme: 'azblob'; readonly account: string; readonly container: string; readonly prefix: string }

/** Folders in a bucket: none of them is `.` or `..`, and nothing in them has to be escaped anywhere. */
const prefix = '(?<prefix>(?:/(?!\\.{1,2}(?:/|$))[A-Za-z0-9._=-]+)*)/?'

/**
 * Names of buckets and containers: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html,
 * https://cloud.google.com/storage/docs/buckets#naming,
 * https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata (2026-11)
 */
const forms: Readonly<Record<StorePlace['scheme'], string>> = {
  s3: `s3://(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])${prefix}(?:\\?region=(?<region>[a-z0-9-]+))?`,
  gs: `gs://(?<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])${prefix}`,
  azblob: `azblob://(?<account>[a-z0-9]{3,24})/(?<container>[a-z0-9](?:-?[a-z0-9]){2,62})${prefix}`,
}

/** What is accepted, for whoever wrote something else. */
export const storeRule: TextRule = {
  // Without the names of its parts, which editors' JSON Schemas need not know.
  pattern: new RegExp(
    `^(${Object.values(forms)
      .join('|')
      .replaceAll(/\?<\w+>/g, '')})$`,
  ),
  kind: 'the address of a shared store',
  hint: 'write s3://bucket/prefix (with ?region=eu-central-1 where it is not that of the credentials), gs://bucket/prefix or azblob://account/container/prefix',
}

/** Reads an address; undefined when it is none that is accepted. */
export function storePlace(address: string): StorePlace | undefined {
  const found = (scheme: StorePlace['scheme']) => new RegExp(`^${forms[scheme]}$`).exec(address)?.groups
  const trimmed = (text: string | undefined): string => (text ?? '').slice(1)
  const s3 = found('s3')
  if (s3 !== undefined) return { scheme: 's3', bucket: s3.bucket ?? '', prefix: trimmed(s3.prefix), region: s3.region }
  const gs = found('gs')
  if (gs !== undefined) return { scheme: 'gs', bucket: gs.bucket ?? '', prefix: trimmed(gs.prefix) }
  const azblob = found('azblob')
  if (azblob === undefined) return undefined
  const { account = '', container = '' } = azblob
  return { scheme: 'azblob', account, container, prefix: trimmed(azblob.prefix) }
}
