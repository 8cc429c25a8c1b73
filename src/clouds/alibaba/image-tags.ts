import type { Value } from '../../packer/hcl.ts'
import { tag } from '../tags.ts'

/** What is written on an image; `Text` is what Packer or Sindri takes for a value. */
export interface ImageMarks<Text extends Value> {
  readonly tags: Readonly<Record<string, string>>
  readonly version: Text
  readonly profile: Text
  readonly base: string
  readonly sshUser: Text
  readonly release: { readonly name: string; readonly fingerprint: string } | undefined
}

/** The tags of an image and its snapshots. Their keys must not begin with `aliyun` or `acs:`. */
export function imageTags<Text extends Value>(marks: ImageMarks<Text>): Readonly<Record<string, Text | string>> {
  const { tags, version, profile, base, sshUser, release } = marks
  return {
    ...tags,
    [tag.managed]: 'true',
    [tag.version]: version,
    [tag.profile]: profile,
    [tag.base]: base,
    [tag.sshUser]: sshUser,
    ...(release && { [tag.release]: release.name, [tag.fingerprint]: release.fingerprint }),
  }
}
