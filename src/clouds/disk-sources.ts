import { s3Source } from './aws/disk-source.ts'
import type { DiskSource } from './disk-source.ts'
import { gcsSource } from './gcp/disk-source.ts'

/** The only list of storages that disks are read from. */
export const diskSources: readonly DiskSource[] = [s3Source, gcsSource]
