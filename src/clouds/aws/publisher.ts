import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** AWS: a snapshot by EBS direct, an image of it, copies of that; of an image that was built, copies of it. */
export const awsPublisher: Publisher = {
  id: 'aws',
  title: 'AWS',
  async connect({ aws: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.aws is missing')
    const [{ connectAws }, { connectAwsDisk }, { awsDiskTarget }, { awsBuiltTarget }] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./disk-target.ts'),
      import('./built-target.ts'),
    ])
    const home = { region: settings.regions[0] ?? '', environment }
    const apis = { images: connectAws(home), disks: connectAwsDisk(home) }
    return { ...awsDiskTarget(apis, settings), built: awsBuiltTarget(apis, settings) }
  },
}
