import type { ImageRecord, InstanceRecord, SnapshotRecord } from './records.ts'

/** How long things seem to take. */
const durationsMs = { image: 1_000, instance: 800 } as const

/** When an image or a snapshot that is begun now is there. */
export function readyAt(now: number): number {
  return now + durationsMs.image
}

/** `Creating` or `Available`. */
export function imageStatus(image: ImageRecord, now: number): 'Creating' | 'Available' {
  return now < image.readyAt ? 'Creating' : 'Available'
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
