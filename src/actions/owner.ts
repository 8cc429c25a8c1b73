import { kill } from 'node:process'
import { hasCode } from '../core/error.ts'
import type { Owner } from '../core/lease.ts'

/** Tells whether the process of a lease on this host is gone; of another host nothing is known. */
export function processGone(host: string): (owner: Owner) => boolean {
  return (owner) => {
    if (owner.host !== host) return false
    try {
      kill(owner.pid, 0)
      return false
    } catch (error) {
      return hasCode(error, 'ESRCH')
    }
  }
}
