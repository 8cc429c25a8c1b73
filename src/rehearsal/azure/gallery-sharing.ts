import { createHash } from 'node:crypto'
import { type Json, objectIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notImplemented } from './azure-error.ts'
import { type Call, ok, type Reply } from './call.ts'
import type { ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findResource, keep } from './resource-store.ts'

const needed = ['publisherUri', 'publisherContact', 'eula', 'publicNamePrefix']

/** Whether the community sees a gallery. */
export function isOpen({ properties }: ResourceRecord): boolean {
  return objectIn(objectIn(properties.sharingProfile).communityGalleryInfo).communityGalleryEnabled === true
}

/**
 * Whom a gallery is made for; its kind is chosen once.
 * https://learn.microsoft.com/azure/virtual-machines/share-gallery-community (2026-11)
 */
export function sharingOf({ id, body, world }: Call): Json {
  const asked = objectIn(objectIn(body.properties).sharingProfile)
  const before = world.records.resources[keyOf(id)]?.properties.sharingProfile
  const permissions = textIn(asked.permissions) ?? 'Private'
  if (before !== undefined) {
    if (asked.permissions !== undefined && objectIn(before).permissions !== permissions)
      throw azureError(
        409,
        'PropertyChangeNotAllowed',
        "Changing property 'sharingProfile.permissions' is not allowed.",
      )
    return objectIn(before)
  }
  if (permissions === 'Private') return { permissions }
  if (permissions !== 'Community') throw notImplemented(`galleries that are shared with ${permissions}`)
  const info = objectIn(asked.communityGalleryInfo)
  const missing = needed.find((name) => textIn(info[name]) === undefined)
  if (missing !== undefined) throw invalid(`A gallery for the community must have a ${missing}.`)
  const own = createHash('sha256').update(keyOf(id)).digest('hex')
  const uuid = `${own.slice(0, 8)}-${own.slice(8, 12)}-4${own.slice(13, 16)}-8${own.slice(17, 20)}-${own.slice(20, 32)}`
  const publicNames = [`${String(info.publicNamePrefix)}-${uuid}`]
  return { permissions, communityGalleryInfo: { ...info, communityGalleryEnabled: false, publicNames } }
}

/** https://learn.microsoft.com/rest/api/compute/gallery-sharing-profile/update (2026-11) */
export function shareGallery(call: Call): Reply {
  const found = findResource(call, call.id)
  const sharing = objectIn(found.properties.sharingProfile)
  const operation = String(call.body.operationType)
  if (operation !== 'EnableCommunity' && operation !== 'Reset') throw notImplemented(`sharing by ${operation}`)
  if (operation === 'EnableCommunity' && sharing.permissions !== 'Community')
    throw azureError(409, 'Conflict', `The gallery ${found.name} was not made to be shared with the community.`)
  const communityGalleryInfo = {
    ...objectIn(sharing.communityGalleryInfo),
    communityGalleryEnabled: operation === 'EnableCommunity',
  }
  const sharingProfile =
    operation === 'Reset' ? { permissions: 'Private' } : { permissions: 'Community', communityGalleryInfo }
  keep(call, { ...found, properties: { ...found.properties, sharingProfile } })
  return ok({ operationType: operation })
}
