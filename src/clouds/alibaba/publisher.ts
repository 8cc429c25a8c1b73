import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** Alibaba Cloud: a qcow2 file through a bucket of OSS, an image imported from it, copies of that; of an image that was built, copies of it. */
export const alibabaPublisher: Publisher = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  async connect({ alibaba: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.alibaba is missing')
    const [
      { connectAlibaba },
      { connectAlibabaDisk },
      { credentialSource },
      { alibabaDiskTarget },
      { alibabaBuiltTarget },
    ] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./credentials.ts'),
      import('./disk-target.ts'),
      import('./built-target.ts'),
    ])
    const home = { region: settings.regions[0] ?? '', credentials: credentialSource(environment) }
    const apis = { images: connectAlibaba(home), disks: connectAlibabaDisk(home) }
    return { ...alibabaDiskTarget(apis, settings), built: alibabaBuiltTarget(apis.images, settings) }
  },
}
