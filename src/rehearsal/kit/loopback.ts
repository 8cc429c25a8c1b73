const mostAddresses = 250

/** The first address of a block (`127.77.200`) that is not taken; undefined when 250 are. */
export function freeLoopback(block: string, taken: ReadonlySet<unknown>): string | undefined {
  return Array.from({ length: mostAddresses }, (_, index) => `${block}.${index + 1}`).find((one) => !taken.has(one))
}
