import { access, constants } from 'node:fs/promises'
import { systemPath } from './run.ts'

/** The Debian or Ubuntu package each program comes from. */
const packages: Readonly<Record<string, string>> = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  losetup: 'mount',
  ip: 'iproute2',
  sfdisk: 'fdisk',
  e2fsck: 'e2fsprogs',
  resize2fs: 'e2fsprogs',
  mke2fs: 'e2fsprogs',
  mmdebstrap: 'mmdebstrap',
  'mkfs.vfat': 'dosfstools',
  mcopy: 'mtools',
  'grub-mkimage': 'grub-common',
  'qemu-system-x86_64': 'qemu-system-x86',
}

/** Whether a program is installed where distributions keep them, or a file given by its path is there. */
export async function installed(program: string): Promise<boolean> {
  const places = program.startsWith('/') ? [program] : systemPath.split(':').map((folder) => `${folder}/${program}`)
  for (const place of places) {
    const found = await access(place, program.startsWith('/') ? constants.R_OK : constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return true
  }
  return false
}

/** The Debian packages that are missing for these programs (or files, given with their package). */
export async function missingPackages(
  programs: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const missing = new Set<string>()
  for (const program of programs) if (!(await installed(program))) missing.add(packages[program] ?? program)
  for (const [file, owner] of Object.entries(files)) if (!(await installed(file))) missing.add(owner)
  return [...missing]
}
