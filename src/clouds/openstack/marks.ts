import type { Publication } from '../../release/publication.ts'
import { diskTags } from '../tags.ts'
import type { OpenStackImage, Properties, Sent } from './port.ts'

/**
 * The image that bears the marks. Whatever is made of a machine or a volume inherits the properties of the image it came
 * from, so they alone do not tell ours: https://docs.openstack.org/nova/latest/configuration/config.html#DEFAULT.non_inheritable_image_properties (2026-11).
 */
const self = 'sindri:image'
/** What was sent, written down when all of it was. */
const sentMark = 'sindri:sent'

/** What an image of a publication is known by. */
export function marksOf(publication: Pick<Publication, 'key' | 'disk'>, inputs: string, id: string): Properties {
  return { ...diskTags(publication, inputs), [self]: id }
}

/** True for an image that was made by Sindri itself, and is still there. */
export function isOurs({ id, status, properties }: OpenStackImage): boolean {
  return properties[self] === id && status !== 'deleted' && status !== 'pending_delete' && status !== 'killed'
}

/** Says of an image what was sent to it. */
export function sentOf(sent: Sent | string): Properties {
  return { [sentMark]: typeof sent === 'string' ? sent : sent.sha512 }
}

/** What Glance has of an image whose file is there: nothing was written down, it is what was sent, or it is something else. */
export function arrived({ hash, properties }: OpenStackImage): 'untold' | 'intact' | 'other' {
  const sent = properties[sentMark]
  if (sent === undefined) return 'untold'
  // Another algorithm cannot be compared afterwards: the upload itself has compared the size.
  return hash?.algorithm !== 'sha512' || hash.value === sent ? 'intact' : 'other'
}
