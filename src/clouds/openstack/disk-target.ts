import type { OpenStackReleaseSettings } from '../../config/targets/openstack.ts'
import { SindriError } from '../../core/error.ts'
import type { Publication } from '../../release/publication.ts'
import type { DiskTarget, Finding } from '../disk-target.ts'
import { imagesOf, openstackDiskPlan } from './disk-plan.ts'
import type { ImageService, OpenStackApi } from './port.ts'

const patience = (): AbortSignal => AbortSignal.timeout(10 * 60_000)

/** One OpenStack with credentials at hand, for finished disks. `settings` name the regions. */
export function openstackDiskTarget(api: OpenStackApi, settings: OpenStackReleaseSettings): DiskTarget {
  const bestEffort = (region: string): boolean => settings.bestEffortRegions.includes(region)
  return {
    async identity() {
      const { user, project } = await api.identity(patience())
      return `${user} of project ${project} (${api.source})`
    },

    async begunAs(key) {
      const found = await Promise.all(
        settings.regions.map((region) =>
          imagesOf(api.images(region), key).catch((error: unknown) => {
            if (bestEffort(region)) return []
            throw error
          }),
        ),
      )
      return found.flat()[0]?.name
    },

    async preflight(publication) {
      const { roles } = await api.identity(patience())
      const perRegion = settings.regions.map(async (region) => {
        const level = bestEffort(region) ? 'warning' : 'error'
        try {
          const found = await regionFindings(api.images(region), settings, publication, region)
          return found.map((one): Finding => ({ ...one, level }))
        } catch (error) {
          // A region that is not in the catalogue; others fail only what is not best effort.
          if (!(error instanceof SindriError) || (error.code !== 'config' && !bestEffort(region))) throw error
          return [
            { level, message: error.message, hint: error.hint ?? 'correct release.targets.openstack.regions' } as const,
          ]
        }
      })
      return [
        ...audienceFindings(settings, publication, roles),
        ...bootFindings(publication),
        ...(await Promise.all(perRegion)).flat(),
      ]
    },

    plan: (publication) => openstackDiskPlan(api, settings, publication),
  }
}

function audienceFindings(
  { projects }: OpenStackReleaseSettings,
  { audience }: Publication,
  roles: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = []
  // The default of publicize_image: https://docs.openstack.org/glance/latest/configuration/glance_policy.html (2026-11)
  if (audience === 'public' && !roles.includes('admin'))
    findings.push({
      level: 'warning',
      message: `a public image needs the rule publicize_image, which only admins have unless the cloud says otherwise, and the roles are ${roles.join(', ') || 'not told'}`,
      hint: 'audience: community is for everybody as well, and needs no administrator',
    })
  if (audience !== 'private' && projects.length > 0)
    findings.push({
      level: 'warning',
      message: `a ${audience} image has no members: release.targets.openstack.projects is without effect`,
      hint: 'every project may use the image; remove projects, or set audience: private',
    })
  return findings
}

function bootFindings({ disk }: Publication): readonly Finding[] {
  if (disk.architecture !== 'arm64' || disk.firmware !== 'bios') return []
  const hint = 'put a UEFI boot loader on its EFI system partition'
  return [
    { level: 'error', message: 'machines with arm64 boot by UEFI alone, and the disk has no UEFI boot loader', hint },
  ]
}

/** What a region would refuse, as far as it can be asked. */
async function regionFindings(
  images: ImageService,
  { import: method }: OpenStackReleaseSettings,
  { key }: Publication,
  region: string,
): Promise<readonly Omit<Finding, 'level'>[]> {
  const [methods, usages, there] = await Promise.all([
    images.importMethods(patience()),
    images.usage(patience()),
    imagesOf(images, key),
  ])
  const offered = [...methods].join(', ') || 'none'
  const missing = {
    message: `${region} does not offer ${method}: its import methods are ${offered}`,
    hint: 'set release.targets.openstack.import to put, which every Glance has, or to one of those',
  }
  const spent = usages.filter(({ usage, limit }) => limit >= 0 && usage >= limit)
  return [
    ...(method !== 'put' && !methods.has(method) ? [missing] : []),
    ...(there.length > 0 ? [] : spent).map(({ name, usage, limit }) => ({
      message: `the project has used up ${name} in ${region}: ${usage} of ${limit}`,
      hint: 'remove images, or ask for a larger quota of images',
    })),
  ]
}
