import { createHash, randomBytes } from 'node:crypto'

/** A fresh id of EC2's long form, for example `ami-0` and 16 more hex digits. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`
}

/** The same id for the same words, for what exists without having been made: stock images, default networks. */
export function stableId(prefix: string, ...words: readonly string[]): string {
  return `${prefix}-0${createHash('sha256')
    .update([prefix, ...words].join('|'))
    .digest('hex')
    .slice(0, 16)}`
}
