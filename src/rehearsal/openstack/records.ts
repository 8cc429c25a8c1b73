/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export interface ImageRecord {
  readonly id: string
  readonly region: string
  readonly owner: string
  name: string
  visibility: 'private' | 'shared' | 'community' | 'public'
  protected: boolean
  hidden: boolean
  tags: readonly string[]
  diskFormat: string | null
  containerFormat: string | null
  minDisk: number
  minRam: number
  properties: Readonly<Record<string, string>>
  readonly createdAt: number
  updatedAt: number
  /** Bytes are on their way into it. */
  receiving?: 'file' | 'stage'
  /** What was staged and is not imported yet. */
  staged?: StoredFile
  /** The newest import. */
  import?: Import
  stored?: StoredFile
  readonly members: Record<string, MemberRecord>
}

/** A file and what is known of it. */
export interface StoredFile {
  /** A name in the folder of disks. */
  readonly file: string
  readonly bytes: number
  readonly md5: string
  readonly sha512: string
  readonly virtualSize: number | null
}

/** An import: its file is the image's when it is done. */
export interface Import {
  readonly method: 'glance-direct' | 'web-download'
  readonly task: string
  readonly beganAt: number
  readonly doneAt: number
  readonly result: StoredFile | { readonly failure: string }
}

export interface MemberRecord {
  readonly createdAt: number
  updatedAt: number
  status: 'pending' | 'accepted' | 'rejected'
}

export interface OpenStackRecords {
  /** By region and id. */
  readonly images: Record<string, ImageRecord>
  /** Regions and ids of images that were deleted: Glance gives none of them again. */
  readonly deleted: Record<string, true>
}

/** Regions with nothing in them. */
export function emptyRecords(): OpenStackRecords {
  return { images: {}, deleted: {} }
}

/** Where an image is in its table. */
export function keyOf(region: string, id: string): string {
  return `${region}/${id}`
}
