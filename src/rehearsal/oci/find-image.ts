import type { Call } from './call.ts'
import type { ImageRecord } from './records.ts'
import { found } from './resource.ts'
import { stockImages } from './stock.ts'

/** An image of the region that was made, or one that is everybody's. */
export function findImage(call: Pick<Call, 'world' | 'region'>, id: string): ImageRecord {
  const { world, region } = call
  const stock = stockImages(world.stock, region.name).find((one) => one.id === id)
  return stock ?? found(world.records.images, call, id)
}
