import { type Json, objectIn, textIn } from '../kit/json.ts'
import { azureError, invalid } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { isOpen, shareGallery, sharingOf } from './gallery-sharing.ts'
import { begun } from './operations.ts'
import type { ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findResource, forget, keep, listed, placedIn, resourceOutput, resourcesOf } from './resource-store.ts'

const kind = {
  gallery: 'Microsoft.Compute/galleries',
  image: 'Microsoft.Compute/galleries/images',
} as const

function put(
  call: Call,
  type: string,
  name: string,
  properties: Json,
): { readonly made: ResourceRecord; readonly isNew: boolean } {
  if (!/^[A-Za-z0-9]([\w.-]{0,78}\w)?$/.test(name)) throw invalid(`The name '${name}' is invalid.`)
  const made = { ...placedIn(call, call.id, type, call.body), readyAt: call.now, properties }
  return { made, isNew: keep(call, made) }
}

const shown = (call: Call) => ok(resourceOutput(findResource(call, call.id), call.now))

/** What a definition cannot be changed in. https://learn.microsoft.com/azure/virtual-machines/shared-image-galleries#updating-resources (2026-11) */
const frozen = ['osType', 'osState', 'hyperVGeneration', 'architecture', 'identifier', 'features']

function checkUnchanged(call: Call, properties: Json): void {
  const before = call.world.records.resources[keyOf(call.id)]?.properties
  if (before === undefined) return
  const changed = frozen.find((name) => JSON.stringify(before[name]) !== JSON.stringify(properties[name]))
  if (changed === undefined) return
  const message = `Changing property 'galleryImage.properties.${changed}' is not allowed.`
  throw azureError(409, 'PropertyChangeNotAllowed', message)
}

const galleries = 'subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/galleries'
const above = (id: string): string => id.replace(/\/[^/]+$/, '')

/** https://learn.microsoft.com/rest/api/compute/galleries and the two below it (2026-11) */
export const galleryOperations: Operations = {
  'Galleries.ListByResourceGroup': {
    pattern: `GET ${galleries}`,
    actions: [`${kind.gallery}/read`],
    run: (call) => listed(call, { group: call.at.group ?? '', type: kind.gallery }),
  },
  'Galleries.List': {
    pattern: 'GET subscriptions/:subscription/providers/Microsoft.Compute/galleries',
    actions: [`${kind.gallery}/read`],
    run: (call) => listed(call, { subscription: call.at.subscription ?? '', type: kind.gallery }),
  },
  'Galleries.Get': {
    pattern: `GET ${galleries}/:gallery`,
    actions: [`${kind.gallery}/read`],
    query: ['$select', '$expand'],
    run(call) {
      const found = findResource(call, call.id)
      const body = resourceOutput(found, call.now)
      const { sharingProfile, ...properties } = objectIn(body.properties)
      // Whom it is shared with is told to those who ask for it.
      const asked = (call.query.get('$select') ?? '').toLowerCase() === 'permissions'
      return ok({ ...body, properties: asked ? { ...properties, sharingProfile } : properties })
    },
  },
  'Galleries.Share': {
    pattern: `POST ${galleries}/:gallery/share`,
    actions: [`${kind.gallery}/share/action`],
    run: shareGallery,
  },
  'Galleries.CreateOrUpdate': {
    pattern: `PUT ${galleries}/:gallery`,
    actions: [`${kind.gallery}/write`],
    run: (call) => {
      const name = call.at.gallery ?? ''
      if (name.includes('-')) throw invalid(`The name '${name}' of a gallery is invalid.`)
      const { made, isNew } = put(call, kind.gallery, name, {
        ...objectIn(call.body.properties),
        sharingProfile: sharingOf(call),
        identifier: { uniqueName: `${call.at.subscription}-${(call.at.gallery ?? '').toUpperCase()}` },
      })
      return begun(call, { status: isNew ? 201 : 200, body: resourceOutput(made, call.now) })
    },
  },
  'GalleryImages.ListByGallery': {
    pattern: `GET ${galleries}/:gallery/images`,
    actions: [`${kind.image}/read`],
    run(call) {
      const gallery = above(call.id)
      findResource(call, gallery)
      return listed(call, { type: kind.image, below: gallery })
    },
  },
  'GalleryImages.Get': {
    pattern: `GET ${galleries}/:gallery/images/:image`,
    actions: [`${kind.image}/read`],
    run: shown,
  },
  'GalleryImages.CreateOrUpdate': {
    pattern: `PUT ${galleries}/:gallery/images/:image`,
    actions: [`${kind.image}/write`],
    run: (call) => {
      findResource(call, above(above(call.id)))
      const properties = objectIn(call.body.properties)
      const { publisher, offer, sku } = objectIn(properties.identifier)
      if ([publisher, offer, sku].some((one) => textIn(one) === undefined))
        throw invalid('A gallery image must have a publisher, an offer and a sku.')
      checkUnchanged(call, properties)
      const { made, isNew } = put(call, kind.image, call.at.image ?? '', properties)
      return begun(call, { status: isNew ? 201 : 200, body: resourceOutput(made, call.now) })
    },
  },
  ...deletions(),
}

function deletions(): Operations {
  const paths = { Galleries: ':gallery', GalleryImages: ':gallery/images/:image' }
  const empty = Object.entries(paths).map(([names, path]) => [
    `${names}.Delete`,
    {
      pattern: `DELETE ${galleries}/${path}`,
      actions: [names === 'Galleries' ? `${kind.gallery}/delete` : `${kind.image}/delete`],
      run: (call: Call) => {
        const found = call.world.records.resources[keyOf(call.id)]
        if (found === undefined) return { status: 204 }
        if (resourcesOf(call, { below: call.id }).length > 0)
          throw azureError(
            409,
            'CannotDeleteResource',
            `Cannot delete resource while nested resources exist: ${call.id}`,
          )
        if (isOpen(found))
          throw azureError(409, 'Conflict', `The gallery ${found.name} is shared with the community: reset it first.`)
        forget(call, call.id)
        return begun(call, { status: 202 })
      },
    },
  ])
  return Object.fromEntries(empty)
}
