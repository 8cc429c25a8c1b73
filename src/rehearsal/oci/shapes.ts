import { type Json, objectIn } from '../kit/json.ts'
import { invalid, notImplemented, ociError } from './oci-error.ts'

/** What the stand-in knows of a shape. */
interface Shape {
  readonly architecture: 'x86_64' | 'arm64'
  readonly memoryPerOcpu: number
  /** Undefined for a flexible one. */
  readonly ocpus: number | undefined
}

/** Series that Oracle has and that are not here. */
const others = /^(BM|VM)\.(DenseIO|GPU|HPC|Optimized|Standard[123]\.|Standard\.(A[124]|B1|E[2-6]|x86)\.)/

/**
 * What an instance of this shape has: https://docs.oracle.com/iaas/Content/Compute/References/computeshapes.htm
 * (2026-11). 501 for a shape that Oracle has and that is not here.
 */
export function shapeOf(name: string): Shape {
  const fixed = /^VM\.Standard(2|\.E2)\.([1248]|16|24)$/.exec(name)
  if (fixed !== null)
    return { architecture: 'x86_64', memoryPerOcpu: fixed[1] === '2' ? 15 : 8, ocpus: Number(fixed[2]) }
  if (/^VM\.(Standard3|Standard\.E[345]|Optimized3)\.Flex$/.test(name))
    return { architecture: 'x86_64', memoryPerOcpu: 16, ocpus: undefined }
  if (/^VM\.Standard\.A[124]\.Flex$/.test(name)) return { architecture: 'arm64', memoryPerOcpu: 6, ocpus: undefined }
  if (others.test(name)) throw notImplemented(`the shape ${name}`)
  throw ociError('NotAuthorizedOrNotFound', `shape ${name} not found`)
}

/** How large an instance of this shape is made. */
export function sizeOf(name: string, shapeConfig: unknown): { readonly ocpus: number; readonly memoryInGBs: number } {
  const { ocpus: fixed, memoryPerOcpu } = shapeOf(name)
  const wanted: Json = objectIn(shapeConfig)
  if (fixed !== undefined) return { ocpus: fixed, memoryInGBs: fixed * memoryPerOcpu }
  const ocpus = Number(wanted.ocpus ?? Number.NaN)
  if (!(ocpus >= 1)) throw invalid(`A shapeConfig with ocpus is required for the flexible shape ${name}`)
  return { ocpus, memoryInGBs: Number(wanted.memoryInGBs ?? ocpus * memoryPerOcpu) }
}
