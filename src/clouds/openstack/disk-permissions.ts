import type { ReleaseSettings } from '../../config/sections/release.ts'
import type { OpenStackReleaseSettings } from '../../config/targets/openstack.ts'
import type { Permission } from '../cloud.ts'

/**
 * Rules of Glance's policy by what they are for. A test compares them with the calls the code makes.
 * https://docs.openstack.org/glance/latest/configuration/glance_policy.html (2026-11)
 */
export const diskRules: Readonly<Record<string, readonly string[]>> = {
  'find images and watch them': ['get_image', 'get_images'],
  'make an image and send it the disk': ['add_image', 'upload_image', 'modify_image'],
  'let Glance import it': ['import_image'],
  'share it with projects': ['get_members', 'add_member', 'delete_member'],
  'open it to whoever looks for it': ['communitize_image'],
  'open it to everybody': ['publicize_image'],
  'remove images': ['delete_image'],
}

/** The rules this release needs. */
export function diskPermissionsOf(
  { import: method }: Pick<OpenStackReleaseSettings, 'import'>,
  { audience }: Pick<ReleaseSettings, 'audience'>,
): readonly Permission[] {
  const needed = (rule: string): boolean => {
    if (rule === 'communitize_image') return audience === 'community'
    if (rule === 'publicize_image') return audience === 'public'
    if (rule === 'import_image') return method !== 'put'
    return true
  }
  return Object.entries(diskRules)
    .flatMap(([purpose, rules]) =>
      rules.filter(needed).map((action): Permission => ({ action, by: 'sindri', purpose, late: false })),
    )
    .sort((a, b) => (a.action < b.action ? -1 : 1))
}

/** OpenStack has roles in projects and no policy to attach: what the cloud's defaults ask for, and the rules behind it. */
export function policyOf(permissions: readonly Permission[]): object {
  const rules = permissions.map(({ action }) => action)
  const role = rules.includes('publicize_image') ? 'admin' : 'member'
  return { openstack: { role, in: 'the project that owns the images', service: 'image', rules } }
}
