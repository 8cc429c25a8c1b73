import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import type { OciImageSettings } from './settings.ts'

/** An image to start from: one by its OCID, or the newest that Oracle offers of an operating system. */
export type OciBase =
  | { readonly ocid: string; readonly sshUser: string }
  | {
      readonly operatingSystem: string
      readonly version: string
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
const bases: Readonly<Record<string, string>> = { 'ubuntu-24.04': '24.04', 'ubuntu-22.04': '22.04' }

/**
 * What the image starts from. `oci.base_image_ocid` wins over `build.base`.
 * @throws SindriError `config` when Oracle publishes no such image, or the shape has another processor
 */
export function baseOf({ build }: Resolved, oci: OciImageSettings): OciBase {
  const ocid = oci.baseImageOcid ?? (build.base.startsWith('ocid1.') ? build.base : undefined)
  // Provisioning is for Ubuntu and Debian, and Ubuntu is what Oracle has of the two.
  if (ocid !== undefined) return { ocid, sshUser: oci.sshUsername ?? 'ubuntu' }
  checkProcessor(build.arch, oci.shape)
  const version = bases[build.base]
  if (version === undefined) {
    throw new SindriError('config', `Oracle publishes no ${build.base} image`, {
      hint:
        'start from ubuntu-24.04 or ubuntu-22.04; or import the generic cloud image of https://cloud.debian.org/images/cloud/ ' +
        'as a custom image, and write its OCID as oci.base_image_ocid and its user (debian) as oci.ssh_username',
    })
  }
  const arm = build.arch === 'arm64' ? 'aarch64-' : ''
  return {
    operatingSystem: 'Canonical Ubuntu',
    version,
    name: `^Canonical-Ubuntu-${version.replace('.', '\\.')}-${arm}20[0-9.]+-[0-9]+$`,
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
