import type { OpenStackRecords } from './records.ts'
import { fileOf, statusOf } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Resource = Readonly<Record<string, unknown>>

/** What a region holds. */
export interface RegionResources {
  readonly images: readonly Resource[]
}

/** What the regions hold; those that hold nothing are left out. */
export function openstackResources(records: OpenStackRecords, now: number): Readonly<Record<string, RegionResources>> {
  const images = Object.values(records.images)
  return Object.fromEntries(
    [...new Set(images.map(({ region }) => region))].map((region) => [
      region,
      {
        images: images
          .filter((image) => image.region === region)
          .map((image) => ({
            ...{ id: image.id, name: image.name, state: statusOf(image, now), visibility: image.visibility },
            ...{ format: image.diskFormat, members: Object.keys(image.members), properties: image.properties },
            file: fileOf(image, now)?.file ?? null,
          })),
      },
    ]),
  )
}
