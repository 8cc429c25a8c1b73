import { bucketAndKey } from '../../remote/disk-url.ts'
import type { DiskSource } from '../disk-source.ts'

/** An object in Cloud Storage: `gs://bucket/object`. */
export const gcsSource: DiskSource = {
  scheme: 'gs',
  cloud: 'gcp',
  permissions: () => [{ action: 'storage.objects.get', by: 'sindri', purpose: 'read the disk', late: false }],
  async open(address, { environment, clock, signal }) {
    const { openGcsObject } = await import('./object-api.ts')
    return openGcsObject(bucketAndKey(address), { environment, clock, signal })
  },
}
