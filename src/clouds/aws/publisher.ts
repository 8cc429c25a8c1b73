import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** AWS: a snapshot by EBS direct, an image of it, copies of that. */
export const awsPublisher: Publisher = {
  id: 'aws',
  title: 'AWS',
  async connect({ aws: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.aws is missing')
    const [{ connectAws }, { connectAwsDisk }, { awsDiskTarget }] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./disk-target.ts'),
    ])
    const home = { region: settings.regions[0] ?? '', environment }
    return awsDiskTarget({ images: connectAws(home), disks: connectAwsDisk(home) }, settings)
  },
}
