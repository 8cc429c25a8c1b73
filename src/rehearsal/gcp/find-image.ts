import type { Call } from './call.ts'
import { notFound } from './gcp-error.ts'
import type { ImageRecord } from './records.ts'
import { stockImages } from './stock.ts'

/** All images there are: those that were made, and the public ones. */
export function allImages({ world }: Pick<Call, 'world'>): readonly ImageRecord[] {
  return [...Object.values(world.records.images), ...stockImages(world.stock)]
}

/** An image by its path, or by the path of its family (then the newest that is not deprecated). */
export function findImage(call: Pick<Call, 'world'>, path: string): ImageRecord {
  const [, images, family] = /^(projects\/[^/]+\/global\/images)\/family\/([^/]+)$/.exec(path) ?? []
  const found =
    family === undefined
      ? allImages(call).find((one) => one.path === path)
      : allImages(call)
          .filter((one) => one.path.startsWith(`${images}/`) && one.family === family)
          .filter((one) => (one.deprecated?.state ?? 'ACTIVE') === 'ACTIVE')
          .sort((a, b) => b.createdAt - a.createdAt)[0]
  if (found === undefined) throw notFound(path)
  return found
}
