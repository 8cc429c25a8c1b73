import type { AlibabaRecords, ImageRecord, ImportRecord, InstanceRecord, SnapshotRecord } from './records.ts'

/** How long things seem to take. */
const durationsMs = { image: 1_000, import: 2_000, instance: 800 } as const

/** When an image or a snapshot that is begun now is there. */
export function readyAt(now: number): number {
  return now + durationsMs.image
}

/** When an import that is begun now has ended. */
export function importedAt(now: number): number {
  return now + durationsMs.import
}

type ImageStatus = 'Waiting' | 'Creating' | 'Available' | 'CreateFailed'

/** Whether an image waits in a queue, is being made, or is there. */
export function imageStatus(
  image: ImageRecord,
  { imports }: Pick<AlibabaRecords, 'imports'>,
  now: number,
): ImageStatus {
  if (image.startsAt !== undefined && now < image.startsAt) return 'Waiting'
  if (now < image.readyAt) return 'Creating'
  return imports[image.importedBy ?? '']?.failure === undefined ? 'Available' : 'CreateFailed'
}

/** Of an import. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describetasks (2026-11) */
export function taskStatus(task: ImportRecord, now: number): 'Processing' | 'Finished' | 'Failed' {
  if (now < task.readyAt) return 'Processing'
  return task.failure === undefined ? 'Finished' : 'Failed'
}

/** `progressing` or `accomplished`. */
export function snapshotStatus(snapshot: SnapshotRecord, now: number): string {
  return now < snapshot.readyAt ? 'progressing' : 'accomplished'
}

/** `Starting`, `Running`, or `Stopped`: what stops has stopped before it is answered. */
export function instanceStatus(instance: InstanceRecord, now: number): 'Starting' | 'Running' | 'Stopped' {
  if (!instance.running) return 'Stopped'
  return now < instance.changedAt + durationsMs.instance ? 'Starting' : 'Running'
}
