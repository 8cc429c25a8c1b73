import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** AWS: a snapshot by EBS direct, an image of it, copies of that; of an image that was built, copies of it. */
export const awsPublisher: Publisher = {
  id: 'aws',
  title: 'AWS',
  async connect({ aws: settings }, environment, folder) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.aws is missing')
    const [
      { connectAws },
      { connectAwsDisk },
      { awsDiskTarget },
      { awsBuiltTarget },
      { everyRegion },
      { readUefiData },
    ] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./disk-target.ts'),
      import('./built-target.ts'),
      import('./every-region.ts'),
      import('./uefi-data.ts'),
    ])
    const home = { region: settings.regions[0] ?? '', environment }
    const apis = { images: connectAws(home), disks: connectAwsDisk(home) }
    const uefiData = settings.uefiData === undefined ? undefined : await readUefiData(settings.uefiData, folder)
    const places = await everyRegion(settings, () => apis.images.regions(home.region))
    const all = { ...settings, ...places, ...(uefiData !== undefined && { uefiData }) }
    return { ...awsDiskTarget(apis, all), built: awsBuiltTarget(apis, all) }
  },
}
