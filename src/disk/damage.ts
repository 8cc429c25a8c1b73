import { SindriError } from '../core/error.ts'

/** The error of a disk file that says what cannot be; `what` names the field and its value. */
export function damaged(format: string, what: string): SindriError {
  return new SindriError('failed', `this ${format} file is damaged or cut short: ${what}`, {
    hint: 'compare its checksum with the one it was made with, and copy or download it once more',
  })
}

/** The error of a disk file that is sound but of a kind that is not read here. */
export function refused(format: string, what: string, hint: string): SindriError {
  return new SindriError('unsupported', `this ${format} file cannot be read: ${what}`, { hint })
}

/** How qemu-img turns any disk into one that is read here. */
export const convertHint = 'qemu-img convert -O qcow2 <this file> disk.qcow2 makes one that is read'
