import type { OpenStackReleaseSettings } from '../../config/targets/openstack.ts'
import type { Publication } from '../../release/publication.ts'
import type { Properties } from './port.ts'

const gib = 1024 ** 3

/**
 * What Nova, Ironic and people are told of the disk; the settings' own properties win.
 * https://docs.openstack.org/glance/latest/admin/useful-image-properties.html (2026-11)
 */
export function propertiesOf(
  { hypervisor, properties }: Pick<OpenStackReleaseSettings, 'hypervisor' | 'properties'>,
  { disk, os }: Pick<Publication, 'disk' | 'os'>,
): Properties {
  return {
    architecture: disk.architecture === 'arm64' ? 'aarch64' : 'x86_64',
    os_type: 'linux',
    ...systemOf(os),
    // A disk that boots both ways is left to what the cloud has for its machines.
    ...(disk.firmware !== 'both' && { hw_firmware_type: disk.firmware }),
    ...(hypervisor === 'vmware' && vmware),
    ...properties,
  }
}

/** https://docs.openstack.org/nova/latest/admin/configuration/hypervisor-vmware.html (2026-11) */
const vmware: Properties = {
  hypervisor_type: 'vmware',
  vmware_disktype: 'streamOptimized',
  // The one the VMDK names as well.
  vmware_adaptertype: 'lsiLogic',
}

/** `debian12` as libosinfo has it: the system and its version. */
function systemOf(os: string): Properties {
  const [, name, digits] = /^([a-z]+)(\d.*)?$/i.exec(os) ?? []
  if (name === undefined) return {}
  // Ubuntu's 22.04 has lost its point in the name.
  const version = name.toLowerCase() === 'ubuntu' ? digits?.replace(/^(\d\d)(\d\d)$/, '$1.$2') : digits
  return { os_distro: name.toLowerCase(), ...(version !== undefined && { os_version: version }) }
}

/** GiB that a machine's disk must have. */
export function minDiskOf({ minDisk }: Pick<OpenStackReleaseSettings, 'minDisk'>, sizeBytes: number): number {
  return minDisk ?? Math.ceil(sizeBytes / gib)
}
