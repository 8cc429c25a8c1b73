/** Entries of these kinds name a user or a group; the others have no id on the disk. */
const named = [0x02, 0x08]

/**
 * A POSIX ACL as ext keeps it (version 1, ids only where they are needed) as Linux gives it to programs (version 2).
 * What is no such ACL comes back as it is. fs/ext4/acl.h and include/uapi/linux/posix_acl_xattr.h of Linux 6.12 (2026-11)
 */
export function linuxAcl(disk: Buffer): Buffer {
  if (disk.length < 4 || disk.readUInt32LE(0) !== 1) return disk
  const entries: Buffer[] = [Buffer.of(2, 0, 0, 0)]
  for (let at = 4; at < disk.length; ) {
    if (at + 4 > disk.length) return disk
    const hasId = named.includes(disk.readUInt16LE(at))
    const size = hasId ? 8 : 4
    if (at + size > disk.length) return disk
    const id = hasId ? disk.subarray(at + 4, at + 8) : Buffer.of(255, 255, 255, 255)
    entries.push(disk.subarray(at, at + 4), id)
    at += size
  }
  return Buffer.concat(entries)
}
