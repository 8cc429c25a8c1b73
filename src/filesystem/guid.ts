/** 16 bytes as a GUID in capitals; the first three groups are little-endian. UEFI Specification 2.10, appendix A (2026-11). */
export function guidOf(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return dashed(Uint8Array.from(order, (index) => bytes[index] ?? 0)).toUpperCase()
}

/** 16 bytes as a UUID in the order they stand, as Linux file systems keep it. */
export function uuidOf(bytes: Uint8Array): string {
  return dashed(bytes)
}

function dashed(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
