import type { ImageRecord, InstanceRecord } from './records.ts'

/** How long things take in the rehearsal: long enough to be seen, short enough not to be waited for. */
export const durationsMs = { image: 500, import: 1000, instance: 500, terminating: 200 } as const

/** PROVISIONING, IMPORTING, AVAILABLE, or DELETED after an import that failed. */
export function imageState({ availableAt, imported, failed }: ImageRecord, now: number): string {
  if (now >= availableAt) return failed ? 'DELETED' : 'AVAILABLE'
  return imported ? 'IMPORTING' : 'PROVISIONING'
}

/** PROVISIONING, RUNNING, CREATING_IMAGE, TERMINATING or TERMINATED. */
export function instanceState({ createdAt, imagedUntil, terminatedAt }: InstanceRecord, now: number): string {
  if (terminatedAt !== undefined) return now < terminatedAt + durationsMs.terminating ? 'TERMINATING' : 'TERMINATED'
  if (now < createdAt + durationsMs.instance) return 'PROVISIONING'
  return imagedUntil !== undefined && now < imagedUntil ? 'CREATING_IMAGE' : 'RUNNING'
}
