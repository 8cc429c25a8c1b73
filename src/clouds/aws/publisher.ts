import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** AWS: a snapshot by EBS direct, an image of it, copies of that. */
export const awsPublisher: Publisher = {
  id: 'aws',
  title: 'AWS',
  async connect({ aws: settings }, environment, folder) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.aws is missing')
    const [{ connectAws }, { connectAwsDisk }, { awsDiskTarget }, { everyRegion }, { readUefiData }] =
      await Promise.all([
        import('./api.ts'),
        import('./disk-api.ts'),
        import('./disk-target.ts'),
        import('./every-region.ts'),
        import('./uefi-data.ts'),
      ])
    const home = { region: settings.regions[0] ?? '', environment }
    const uefiData = settings.uefiData === undefined ? undefined : await readUefiData(settings.uefiData, folder)
    const images = connectAws(home)
    const places = await everyRegion(settings, () => images.regions(home.region))
    return awsDiskTarget(
      { images, disks: connectAwsDisk(home) },
      { ...settings, ...places, ...(uefiData !== undefined && { uefiData }) },
    )
  },
}
