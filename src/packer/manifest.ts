import { readFile } from 'node:fs/promises'
import { hasCode, SindriError } from '../core/error.ts'
import type { Artifact } from './machine-log.ts'

/** One image as Packer's manifest post-processor wrote it down. */
export interface Manifest {
  readonly artifacts: readonly Artifact[]
  /** What the template gave as `custom_data`. */
  readonly custom: Readonly<Record<string, string>>
}

/**
 * The artifacts of the last Packer run that wrote this manifest (each run adds its own to the file).
 * https://developer.hashicorp.com/packer/docs/post-processors/manifest
 * @throws SindriError `not-found` without the file, `failed` when it is not a manifest
 */
export async function readManifest(file: string): Promise<Manifest> {
  const manifest = parse(file, await readText(file))
  const builds = list(record(manifest)?.builds)?.map(record)
  if (builds === undefined) throw new SindriError('failed', `${file} is not a Packer manifest: it has no builds`)
  const last = builds.filter((build) => build?.packer_run_uuid === record(manifest)?.last_run_uuid)
  return {
    artifacts: last.map((build) => ({
      builder: `${build?.builder_type}.${build?.name}`,
      id: String(build?.artifact_id ?? ''),
    })),
    custom: Object.fromEntries(
      last
        .flatMap((build) => Object.entries(record(build?.custom_data) ?? {}))
        .map(([key, value]) => [key, `${value}`]),
    ),
  }
}

/** The images of an artifact by region, when its builder tells them in the form `region:id,region:id` (AWS, Alibaba Cloud). */
export function imagesByRegion(id: string): ReadonlyMap<string, string> {
  const pairs = id.split(',').map((pair) => pair.split(':'))
  return new Map(
    pairs.flatMap(([region, image, ...more]) => (region && image && more.length === 0 ? [[region, image]] : [])),
  )
}

/**
 * The image that was built in `region`; never simply the first, because Packer sorts the regions. A builder whose images
 * have no region tells one id and nothing else: then it is that.
 * @throws SindriError `not-found` naming the regions there are
 */
export function imageOf(result: { readonly artifacts: readonly Artifact[] }, region: string): string {
  const images = new Map(result.artifacts.flatMap(({ id }) => [...imagesByRegion(id)]))
  const [only, ...others] = result.artifacts
  const withoutRegion = images.size === 0 && others.length === 0 ? only?.id || undefined : undefined
  const image = images.get(region) ?? withoutRegion
  if (image !== undefined) return image
  const found = images.size === 0 ? 'none' : [...images].map(([at, id]) => `${id} in ${at}`).join(', ')
  throw new SindriError('not-found', `Packer reported no image in ${region}; it reported: ${found}`)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    throw new SindriError('not-found', `Packer wrote no manifest ${file}`, { cause: error })
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SindriError('failed', `${file} is not a Packer manifest: it is not JSON`, { cause: error })
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
}

function list(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
