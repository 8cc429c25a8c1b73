import type { ImageRecord, InstanceRecord, OperationRecord } from './records.ts'

/** How long things take in the rehearsal: long enough to be seen, short enough not to be waited for. */
export const durationsMs = { image: 1_000, provisioning: 300, instance: 800, operation: 400 } as const

/** PENDING or READY. */
export function imageStatus(image: ImageRecord, now: number): string {
  return now < image.readyAt ? 'PENDING' : 'READY'
}

/** PROVISIONING, STAGING or RUNNING. */
export function instanceStatus({ createdAt }: InstanceRecord, now: number): string {
  if (now < createdAt + durationsMs.provisioning) return 'PROVISIONING'
  return now < createdAt + durationsMs.instance ? 'STAGING' : 'RUNNING'
}

/** RUNNING or DONE. */
export function operationStatus({ doneAt }: OperationRecord, now: number): string {
  return now < doneAt ? 'RUNNING' : 'DONE'
}
