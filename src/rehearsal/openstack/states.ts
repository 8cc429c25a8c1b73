import type { ImageRecord, StoredFile } from './records.ts'

/** How long an import takes in the rehearsal. */
export const importMs = 500

/** https://docs.openstack.org/glance/latest/user/statuses.html (2026-11) */
export function statusOf(image: ImageRecord, now: number): string {
  if (image.receiving !== undefined) return image.receiving === 'file' ? 'saving' : 'uploading'
  if (fileOf(image, now) !== undefined) return 'active'
  const { import: running, staged } = image
  if (running !== undefined && now < running.doneAt) return 'importing'
  return staged === undefined ? 'queued' : 'uploading'
}

/** The image's file, when it is there. */
export function fileOf({ stored, import: last }: ImageRecord, now: number): StoredFile | undefined {
  if (stored !== undefined) return stored
  return last !== undefined && now >= last.doneAt && 'file' in last.result ? last.result : undefined
}
