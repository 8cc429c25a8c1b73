import type { Publication } from '../../release/publication.ts'
import { type Labels, label, labelDigest, resourceName } from './labels.ts'

/** What the image of a storage location is called; that of the first is called as the release. */
export function imageName({ name }: Publication, home: string, region: string): string {
  return resourceName(region === home ? name : `${name}-${region}`)
}

/** What the objects of a release begin with; which of them are its own is in their metadata. */
export function objectPrefix(key: string): string {
  return `sindri-${resourceName(key)}-`
}

/** The packed disk, in the bucket for as long as it takes. */
export function objectName({ key, disk }: Publication): string {
  return `${objectPrefix(key)}${disk.digest.slice(0, 16)}.tar.gz`
}

/** Which disk of which release an object is, in full. */
export const objectKey: Readonly<Record<'release' | 'fingerprint' | 'name', string>> = {
  release: label.release,
  fingerprint: label.fingerprint,
  name: 'sindri-name',
}

/** What an image is found by. */
export function imageLabels({ key, disk }: Publication, region: string, inputs: string): Labels {
  return {
    [label.managed]: 'true',
    [label.release]: resourceName(key),
    [label.fingerprint]: labelDigest(disk.digest),
    [label.digest]: labelDigest(inputs),
    [label.location]: region,
  }
}
