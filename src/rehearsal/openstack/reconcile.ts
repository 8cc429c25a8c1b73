import type { World } from './call.ts'

/** Brings files in line with the records, after a restart or a crash at any moment: what was on its way is lost. */
export async function reconcile(world: World): Promise<void> {
  const images = Object.values(world.records.images)
  for (const image of images) delete image.receiving
  const files = images.flatMap(({ stored, staged, import: last }) =>
    [stored, staged, last?.result].flatMap((kept) => (kept !== undefined && 'file' in kept ? [kept.file] : [])),
  )
  await world.disks.keepOnly(new Set(files))
  world.save()
}
