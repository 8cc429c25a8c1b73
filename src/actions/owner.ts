import { readFileSync, readlinkSync } from 'node:fs'
import { kill } from 'node:process'
import { hasCode } from '../core/error.ts'
import type { Owner } from '../core/lease.ts'

/** Tells whether the process of a lease on this host is gone; of another host nothing is known. */
export function processGone(host: string): (owner: Owner) => boolean {
  return (owner) => owner.host === host && isGone(owner.pid)
}

/** The same for leases that several machines see, whose hosts may all have one name: `machine` is this one's id. */
export function ownerGone(machine: string | undefined): (owner: Owner) => boolean {
  return (owner) => machine !== undefined && owner.machine === machine && isGone(owner.pid)
}

/**
 * Where process ids mean the same: a namespace of them on a machine since its start (Linux). Undefined where there is no
 * such thing; then nothing is known of other processes.
 */
export function machineId(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

function isGone(pid: number): boolean {
  try {
    kill(pid, 0)
    return false
  } catch (error) {
    return hasCode(error, 'ESRCH')
  }
}
