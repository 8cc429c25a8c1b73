import { SindriError } from '../core/error.ts'

/** The scheme of a disk's address (`https`), or undefined for a path. */
export function schemeOf(disk: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(disk)?.[1]?.toLowerCase()
}

/** A URL as it may be shown: without user, password, query and fragment, which may hold secrets. */
export function shownUrl({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`
}

/** @throws SindriError `usage` for what is no URL; the message does not repeat it, since it may hold a secret */
export function parseUrl(disk: string): URL {
  const url = URL.canParse(disk) ? new URL(disk) : undefined
  if (url === undefined || url.hostname === '')
    throw new SindriError('usage', `the disk's ${schemeOf(disk)}:// address is no URL`, {
      hint: 'write it as in https://images.example.com/disk.raw',
    })
  return url
}

/** True for this machine, by a name or address that nobody else can answer for. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** @throws SindriError `usage` for plain HTTP over a network, where anybody on the way may change the disk */
export function checkTransport(url: URL, name: string): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return
  throw new SindriError('usage', `${name}: a disk is not read by plain HTTP, where anybody on the way may change it`, {
    hint: 'give an https:// URL; http:// is for this machine alone',
  })
}

/** Bucket and key of `s3://bucket/key` or `gs://bucket/key`. @throws SindriError `usage` where one is missing */
export function bucketAndKey(disk: string): { readonly bucket: string; readonly key: string } {
  // No URL: in a key, a question mark or a percent sign is as good as any other character.
  const [, bucket = '', key = ''] = /^[a-z0-9]+:\/\/([^/]*)\/(.*)$/is.exec(disk) ?? []
  if (/^[a-z0-9][a-z0-9._-]{1,220}$/.test(bucket) && key !== '') return { bucket, key }
  throw new SindriError('usage', `${disk} does not name a bucket and an object in it`, {
    hint: `write it as in ${schemeOf(disk)}://bucket/path/disk.raw`,
  })
}
