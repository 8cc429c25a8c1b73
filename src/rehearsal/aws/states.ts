import type { ImageRecord, InstanceRecord, SnapshotRecord, VolumeRecord } from './records.ts'

/** How long things take in the rehearsal: long enough to be seen, short enough not to be waited for. */
export const durationsMs = {
  image: 1_000,
  copy: 1_500,
  snapshot: 1_000,
  import: 2_000,
  instance: 800,
  forgetTerminated: 3_600_000,
} as const

/** pending, available or failed. */
export function imageState(image: ImageRecord, now: number): 'pending' | 'available' | 'failed' {
  if (now < image.availableAt) return 'pending'
  return image.failure === undefined ? 'available' : 'failed'
}

/** pending, completed or error (blocks were to come and did not), with the progress AWS shows beside it. */
export function snapshotState(
  snapshot: SnapshotRecord,
  now: number,
): { state: 'pending' | 'completed' | 'error'; progress: string } {
  const { upload, startedAt, completedAt = now } = snapshot
  if (upload !== undefined) {
    const late = now > upload.lastBlockAt + upload.timeoutMs
    return { state: late ? 'error' : 'pending', progress: `${upload.progress ?? 0}%` }
  }
  if (now >= completedAt) return { state: 'completed', progress: '100%' }
  const share = (now - startedAt) / (completedAt - startedAt)
  return { state: 'pending', progress: `${Math.max(0, Math.floor(share * 100))}%` }
}

const lifecycle = {
  running: [
    { Code: 0, Name: 'pending' },
    { Code: 16, Name: 'running' },
  ],
  stopped: [
    { Code: 64, Name: 'stopping' },
    { Code: 80, Name: 'stopped' },
  ],
  terminated: [
    { Code: 32, Name: 'shutting-down' },
    { Code: 48, Name: 'terminated' },
  ],
} as const

export interface InstanceState {
  readonly Code: number
  readonly Name: (typeof lifecycle)[keyof typeof lifecycle][0 | 1]['Name']
}

/** The state of an instance, with AWS's number for it. */
export function instanceState(instance: InstanceRecord, now: number): InstanceState {
  return lifecycle[instance.target][now < instance.changedAt + durationsMs.instance ? 0 : 1]
}

/** in-use or available. */
export function volumeState(volume: VolumeRecord): 'in-use' | 'available' {
  return volume.attachment === undefined ? 'available' : 'in-use'
}
