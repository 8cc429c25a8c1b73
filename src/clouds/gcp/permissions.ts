import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type GcpImageSettings, gcpOf } from './settings.ts'

/** Permissions that the calls of `api.ts` ask for, by what they are for. A test compares them with the code. */
export const sindriPermissions = {
  'find images, and remove them': ['compute.images.get', 'compute.images.list', 'compute.images.delete'],
  'reconcile when an image is deprecated': ['compute.images.deprecate'],
  'deploy instances': [
    'compute.firewalls.create',
    'compute.firewalls.list',
    'compute.images.getFromFamily',
    'compute.instances.create',
    'compute.instances.list',
    'compute.subnetworks.get',
  ],
  'remove instances and what a killed build left': [
    'compute.disks.delete',
    'compute.disks.list',
    'compute.firewalls.delete',
    'compute.instances.delete',
  ],
  'wait for what was begun': ['compute.globalOperations.get', 'compute.zoneOperations.get'],
} as const

/**
 * What a call asks for besides the permission it is named after.
 * https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert#iam-permissions and
 * https://cloud.google.com/compute/docs/reference/rest/v1/firewalls/insert#iam-permissions (read 2026-11).
 */
const impliedPermissions = {
  'deploy instances': [
    'compute.disks.create',
    'compute.disks.setLabels',
    'compute.images.useReadOnly',
    'compute.instances.setLabels',
    'compute.instances.setMetadata',
    'compute.instances.setTags',
    'compute.networks.updatePolicy',
    'compute.subnetworks.use',
    'compute.subnetworks.useExternalIp',
  ],
} as const

/** What the googlecompute builder calls for our templates, of Packer 1.6.6 and of plugin 1.2 alike. */
const packerPermissions = [
  'compute.disks.create',
  'compute.disks.delete',
  'compute.disks.useReadOnly',
  'compute.globalOperations.get',
  'compute.images.create',
  // Plugin 1.2 sets the (empty) deprecation of every image it made.
  'compute.images.deprecate',
  'compute.images.get',
  'compute.images.getFromFamily',
  'compute.images.setLabels',
  'compute.images.useReadOnly',
  'compute.instances.create',
  'compute.instances.delete',
  'compute.instances.get',
  'compute.instances.getSerialPortOutput',
  'compute.instances.setLabels',
  'compute.instances.setMetadata',
  'compute.instances.setTags',
  'compute.machineTypes.get',
  // Plugin 1.2 looks whether the project asks for OS Login.
  'compute.projects.get',
  'compute.subnetworks.use',
  'compute.subnetworks.useExternalIp',
  'compute.zoneOperations.get',
  'compute.zones.get',
] as const

/** What a build asks for only when its instance is provisioned, and without which something is left behind. */
const late: ReadonlySet<string> = new Set([
  'compute.disks.delete',
  'compute.disks.useReadOnly',
  'compute.images.create',
  'compute.images.deprecate',
  'compute.images.setLabels',
  'compute.instances.delete',
])

/** The permissions this config needs, each once, with its first reason. */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const gcp = gcpOf(resolved)
  const needed = (action: string): boolean => {
    if (action === 'compute.subnetworks.useExternalIp') return !gcp.omitExternalIp
    if (action === 'compute.subnetworks.get')
      return gcp.subnetwork !== undefined || resolved.deploy.subnetId !== undefined
    return true
  }
  const found = new Map<string, Permission>()
  const add = (by: Permission['by'], groups: Readonly<Record<string, readonly string[]>>): void => {
    for (const [purpose, actions] of Object.entries(groups))
      for (const action of actions)
        if (needed(action) && !found.has(action)) found.set(action, { action, by, purpose, late: late.has(action) })
  }
  add('packer', { 'build the image': packerPermissions, ...optionalPermissions(gcp) })
  add('sindri', sindriPermissions)
  add('sindri', impliedPermissions)
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}

/**
 * What single settings of the config add: https://cloud.google.com/iam/docs/service-accounts-actas,
 * https://cloud.google.com/iap/docs/using-tcp-forwarding#grant-permission,
 * https://cloud.google.com/compute/docs/oslogin/set-up-oslogin#configure_users (read 2026-11).
 */
function optionalPermissions(gcp: GcpImageSettings): Readonly<Record<string, readonly string[]>> {
  return {
    'give the build instance its service account': gcp.disableDefaultServiceAccount
      ? []
      : ['iam.serviceAccounts.actAs'],
    'reach the build instance through Identity-Aware Proxy': gcp.useIap ? ['iap.tunnelInstances.accessViaIAP'] : [],
    'log in to the build instance with OS Login': gcp.useOsLogin ? ['compute.instances.osAdminLogin'] : [],
  }
}

/**
 * A custom role that includes exactly these permissions, as `gcloud iam roles create --file` reads it.
 * https://cloud.google.com/iam/docs/creating-custom-roles (read 2026-11)
 */
export function roleOf(permissions: readonly Permission[]): unknown {
  return {
    title: 'Sindri image builder',
    description: 'Builds, lists, deploys and removes images with Sindri',
    stage: 'GA',
    includedPermissions: permissions.map(({ action }) => action),
  }
}
