import { cloud as cloudOf } from '../../clouds/index.ts'
import type { Resolved } from '../../config/resolved.ts'
import type { TemplateInput } from '../../packer/template.ts'
import type { ProvisionFiles } from '../../release/provision.ts'
import type { Context } from '../context.ts'
import { sindriArchive, versionOf } from './archive.ts'
import { fingerprint } from './fingerprint.ts'
import { localFiles, templateInput } from './template.ts'

/** What a config builds: the same on every machine with this Sindri and these files. */
export interface Printed {
  readonly fingerprint: string
  /** The version of Sindri in the image. */
  readonly version: string
  readonly files: ProvisionFiles
  /** The template as far as it is the same for every build of one config. */
  readonly input: TemplateInput
}

/** Marks of no release. Copies and readers are no part of it. */
const unmarked = { name: '', fingerprint: '', token: '' } as const

/** The fingerprint of a config, by which its images are found. Asks no cloud; makes the executable for images where there is none. */
export async function printed(resolved: Resolved, context: Context): Promise<Printed> {
  const version = versionOf(resolved, context)
  const archive = await sindriArchive(resolved, context)
  const files = localFiles(context, archive?.file)
  const input = await templateInput(cloudOf(resolved.cloud), resolved, files, {
    marks: unmarked,
    manifest: 'manifest.json',
    version,
  })
  const known = archive === undefined ? {} : { [archive.file]: archive.madeFrom }
  return { fingerprint: await fingerprint(input, known), version, files, input }
}
