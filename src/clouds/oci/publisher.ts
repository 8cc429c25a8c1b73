import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** Oracle Cloud: an object in the first region, an image of it in each. */
export const ociPublisher: Publisher = {
  id: 'oci',
  title: 'Oracle Cloud',
  async connect({ oci: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.oci is missing')
    const [{ connectOciDisk }, { ociDiskTarget }] = await Promise.all([
      import('./disk-api.ts'),
      import('./disk-target.ts'),
    ])
    return ociDiskTarget(connectOciDisk(settings, environment), settings)
  },
}
