import type { Json } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import type { ImageRecord } from './records.ts'
import { found, pageOf } from './resource.ts'
import { shapeOf } from './shapes.ts'

/** What every image of the architecture is fit for, as far as it is told here. */
const usual: Readonly<Record<ImageRecord['architecture'], readonly string[]>> = {
  x86_64: ['VM.Standard2.1', 'VM.Standard3.Flex', 'VM.Standard.E4.Flex', 'VM.Standard.E5.Flex'],
  arm64: ['VM.Standard.A1.Flex', 'VM.Standard.A2.Flex'],
}

/** Whether instances of the image may have this shape. */
export function fits({ architecture, shapes = [] }: ImageRecord, shape: string): boolean {
  return shapes.includes(shape) || shapeOf(shape).architecture === architecture
}

/** A custom image. */
function customImage(call: Call, permission: string): ImageRecord {
  const image = found(call.world.records.images, call, call.at.id ?? '')
  call.allow([permission], image.compartmentId)
  return image
}

function entry(imageId: string, shape: string): Json {
  return { imageId, shape, memoryConstraints: null, ocpuConstraints: null }
}

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/ImageShapeCompatibilityEntry (2026-11) */
export const imageShapeOperations: Operations = {
  ListImageShapeCompatibilityEntries: {
    pattern: 'GET images/:id/shapes',
    query: ['limit', 'page'],
    run(call) {
      const { id, architecture, shapes = [] } = customImage(call, 'INSTANCE_IMAGE_READ')
      const all = [...new Set([...usual[architecture], ...shapes])]
      return pageOf(
        call,
        all.map((shape) => entry(id, shape)),
      )
    },
  },
  AddImageShapeCompatibilityEntry: {
    pattern: 'PUT images/:id/shapes/:shape',
    run(call) {
      const image = customImage(call, 'INSTANCE_IMAGE_UPDATE')
      const shape = call.at.shape ?? ''
      shapeOf(shape)
      image.shapes = [...new Set([...(image.shapes ?? []), shape])]
      return { json: entry(image.id, shape) }
    },
  },
  RemoveImageShapeCompatibilityEntry: {
    pattern: 'DELETE images/:id/shapes/:shape',
    run(call) {
      const image = customImage(call, 'INSTANCE_IMAGE_UPDATE')
      image.shapes = (image.shapes ?? []).filter((shape) => shape !== call.at.shape)
      return {}
    },
  },
}
