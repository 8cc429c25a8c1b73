import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import type { OciImageSettings } from './settings.ts'

/** An image to start from: one by its OCID, or the newest of those whose display name fits. */
export type OciBase =
  | { readonly ocid: string; readonly sshUser: string }
  | {
      /** As Oracle publishes it; undefined for an image that the user imported. */
      readonly operatingSystem: string | undefined
      readonly version: string | undefined
      /** A regular expression of its display name. */
      readonly name: string
      readonly sshUser: string
    }

/**
 * Ubuntu as Canonical and Oracle publish it, for x86 and Arm: https://docs.oracle.com/iaas/images/ and
 * https://documentation.ubuntu.com/oracle/oracle-how-to/find-ubuntu-images/ (2026-11). The filter also sees the custom
 * images of the compartment, which keep the operating system of what they were made from: without the name, a golden
 * image would be built from the last golden image. `-Minimal` images are left out by it too.
 */
const ubuntus: Readonly<Record<string, string>> = { 'ubuntu-24.04': '24.04', 'ubuntu-22.04': '22.04' }

/**
 * Debian's generic cloud images, which Oracle does not publish and users import under the name of their file:
 * https://cloud.debian.org/images/cloud/bookworm/ (2026-11).
 */
const debian = { base: 'debian-12', sshUser: 'debian' } as const

/**
 * What the image starts from. `oci.base_image_ocid` wins over `build.base`.
 * @throws SindriError `config` when there is no such image, or the shape has another processor
 */
export function baseOf({ build }: Resolved, oci: OciImageSettings): OciBase {
  const ocid = oci.baseImageOcid ?? (build.base.startsWith('ocid1.') ? build.base : undefined)
  // Provisioning is for Ubuntu and Debian, and Ubuntu is what Oracle has of the two.
  if (ocid !== undefined) return { ocid, sshUser: oci.sshUsername ?? 'ubuntu' }
  checkProcessor(build.arch, oci.shape)
  const arm = build.arch === 'arm64'
  if (build.base === debian.base) {
    return {
      operatingSystem: undefined,
      version: undefined,
      name: `^debian-12-generic(cloud)?-${arm ? 'arm64' : 'amd64'}([.-]|$)`,
      sshUser: oci.sshUsername ?? debian.sshUser,
    }
  }
  const version = ubuntus[build.base]
  if (version === undefined) {
    throw new SindriError('config', `Sindri knows no ${build.base} image of Oracle Cloud`, {
      hint: `start from ${[...Object.keys(ubuntus), debian.base].join(', ')}, or name an image by oci.base_image_ocid`,
    })
  }
  return {
    operatingSystem: 'Canonical Ubuntu',
    version,
    name: `^Canonical-Ubuntu-${version.replace('.', '\\.')}-${arm ? 'aarch64-' : ''}20[0-9.]+-[0-9]+$`,
    sshUser: oci.sshUsername ?? 'ubuntu',
  }
}

/** Ampere's shapes: https://docs.oracle.com/iaas/Content/Compute/References/arm_bm_vm.htm (2026-11). */
const armShape = /^(VM|BM)\.Standard\.A\d+\./

function checkProcessor(arch: Resolved['build']['arch'], shape: string): void {
  const actual = armShape.test(shape) ? 'arm64' : 'x86_64'
  if (actual === arch) return
  throw new SindriError('config', `build.arch is ${arch}, and the processors of the shape ${shape} are ${actual}`, {
    hint: `set build.arch: ${actual}, or a shape such as ${arch === 'arm64' ? 'VM.Standard.A1.Flex' : 'VM.Standard.E4.Flex'}`,
  })
}
