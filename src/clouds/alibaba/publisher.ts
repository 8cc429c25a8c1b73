import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** Alibaba Cloud: a qcow2 file through a bucket of OSS, an image imported from it, copies of that. */
export const alibabaPublisher: Publisher = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  async connect({ alibaba: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.alibaba is missing')
    const [{ connectAlibaba }, { connectAlibabaDisk }, { credentialSource }, { alibabaDiskTarget }] = await Promise.all(
      [import('./api.ts'), import('./disk-api.ts'), import('./credentials.ts'), import('./disk-target.ts')],
    )
    const home = { region: settings.regions[0] ?? '', credentials: credentialSource(environment) }
    return alibabaDiskTarget({ images: connectAlibaba(home), disks: connectAlibabaDisk(home) }, settings)
  },
}
