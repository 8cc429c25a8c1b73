import * as z from 'zod/mini'

/** One image of a release, as it is in its cloud. */
export interface ManifestImage {
  readonly cloud: string
  readonly region: string
  /** As the cloud's own API names it. */
  readonly image_id: string
  /** What consumers write: the id, a path, a community gallery's id. */
  readonly reference: string
  readonly name: string
  /** What it was made of: `sha256:` and what the disk holds, in hex, or `image:` and the id of the image that was built. */
  readonly digest: string
  /** `private`, or who may use it. */
  readonly readers: string
}

/** What is told of the disk of a release; absent where it was made of images that were built. */
export interface DiskFacts {
  readonly disk_sha256?: string
  readonly disk_bytes?: number
  readonly architecture?: string
  readonly firmware?: string
}

/** What was published, and where: what a consumer needs. `publish` and `verify` print it with more beside. */
export interface Manifest extends DiskFacts {
  readonly schema_version: 1
  readonly release: string
  readonly project: string
  readonly version: string
  readonly os: string
  readonly audience: 'private' | 'community' | 'public'
  readonly images: readonly ManifestImage[]
}

const text = (): z.ZodMiniType<string> => z.string()

const manifestSchema: z.ZodMiniType<Manifest> = z.looseObject({
  schema_version: z.literal(1),
  ...{ release: text(), project: text(), version: text(), os: text() },
  audience: z.enum(['private', 'community', 'public']),
  ...{ disk_sha256: z.optional(text()), disk_bytes: z.optional(z.number()) },
  ...{ architecture: z.optional(text()), firmware: z.optional(text()) },
  images: z.readonly(
    z.array(
      z.looseObject({
        ...{ cloud: text(), region: text(), image_id: text(), reference: text() },
        ...{ name: text(), digest: text(), readers: text() },
      }),
    ),
  ),
})

/** The text of schema/manifest.schema.json. */
export function generateManifestSchema(): string {
  const schema = z.toJSONSchema(manifestSchema, { target: 'draft-7' })
  return `${JSON.stringify({ title: 'The manifest of a release', ...schema }, undefined, 2)}\n`
}
