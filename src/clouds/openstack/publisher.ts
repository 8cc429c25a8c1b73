import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** One OpenStack: an image in each region, which takes the disk's bytes. */
export const openstackPublisher: Publisher = {
  id: 'openstack',
  title: 'OpenStack',
  async connect({ openstack: settings }, environment, folder) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.openstack is missing')
    const [{ connectOpenStack }, { findCloud }, { openstackDiskTarget }] = await Promise.all([
      import('./api.ts'),
      import('./clouds-file.ts'),
      import('./disk-target.ts'),
    ])
    // A config that names a cloud of its own can so be tried in another one.
    const name = environment.SINDRI_OPENSTACK_CLOUD || settings.cloud
    const cloud = await findCloud({ environment, folder, ...(name !== undefined && { cloud: name }) })
    const api = connectOpenStack(cloud, environment)
    const regions = settings.regions.length > 0 ? settings.regions : await api.regions(AbortSignal.timeout(60_000))
    return openstackDiskTarget(api, { ...settings, regions: regionsOf(regions, settings.bestEffortRegions) })
  },
  async permissions({ targets, audience }) {
    const { openstack: settings } = targets
    if (settings === undefined) throw new SindriError('config', 'release.targets.openstack is missing')
    const { diskPermissionsOf, policyOf } = await import('./disk-permissions.ts')
    const permissions = diskPermissionsOf(settings, { audience })
    return { permissions, policy: policyOf(permissions) }
  },
}

/** @throws SindriError `config` where one of the best-effort regions is none of the regions */
function regionsOf(regions: readonly string[], bestEffort: readonly string[]): readonly string[] {
  const stranger = bestEffort.find((one) => !regions.includes(one))
  if (stranger === undefined && regions.some((one) => !bestEffort.includes(one))) return regions
  throw new SindriError(
    'config',
    `release.targets.openstack.best_effort_regions: ${stranger === undefined ? 'leaves no region that must work' : `${stranger} is not one of the regions`}`,
    { hint: `the regions are ${regions.join(', ') || 'none: the catalogue has no images'}` },
  )
}
