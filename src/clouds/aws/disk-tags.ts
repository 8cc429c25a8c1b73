import type { Publication } from '../../release/publication.ts'
import { tag } from '../tags.ts'
import type { Tags } from './port.ts'

/** What all that belongs to a publication carries. */
export function diskTags({ key, name, disk }: Publication, inputs: string): Tags {
  return {
    Name: name,
    [tag.managed]: 'true',
    [tag.release]: key,
    [tag.fingerprint]: disk.digest,
    [tag.digest]: inputs,
  }
}
