import { type Json, objectIn, objectsIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { disposeOf } from './dispose.ts'
import { checkReady, generalizedDisk } from './images.ts'
import { begun } from './operations.ts'
import { locationIn } from './places.ts'
import type { ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findResource, forget, keep, placedIn, resourceOutput, resourcesOf } from './resource-store.ts'
import { durationsMs, provisioningState } from './states.ts'

const kind = {
  gallery: 'Microsoft.Compute/galleries',
  image: 'Microsoft.Compute/galleries/images',
  version: 'Microsoft.Compute/galleries/images/versions',
} as const

/** The highest version of a gallery image that may be the latest. */
export function latestVersion(call: Pick<Call, 'world' | 'now'>, definition: string): ResourceRecord {
  const numbers = ({ name }: ResourceRecord): number =>
    name.split('.').reduce((total, part) => total * 1e6 + Number(part), 0)
  const [newest] = resourcesOf(call, { type: kind.version, below: definition })
    .filter((one) => objectIn(one.properties.publishingProfile).excludeFromLatest !== true)
    .filter((one) => provisioningState(one, call.now) === 'Succeeded')
    .sort((a, b) => numbers(b) - numbers(a))
  if (newest === undefined) throw notFound(`${definition}/versions/latest`)
  return newest
}

/** The file of whatever a version is made of: a managed image, another version or a generalized machine. */
async function sourceFile(call: Call, properties: Json): Promise<string> {
  const profile = objectIn(properties.storageProfile)
  const source = objectIn(profile.source)
  // The older form, in which Packer 1.6.6 asks.
  const managed = textIn(objectIn(objectIn(objectIn(properties.publishingProfile).source).managedImage).id)
  const id = textIn(source.id) ?? textIn(source.virtualMachineId) ?? managed
  if (id === undefined)
    throw notImplemented('a gallery version from anything but an image, a version or a virtual machine')
  const found = findResource(call, id)
  if (found.machine !== undefined) return generalizedDisk(call, id).file
  checkReady(found, call.now)
  if (found.file === undefined) throw invalid(`Nothing can be published from ${id}.`)
  return found.file
}

async function putVersion(call: Call): Promise<{ readonly version: ResourceRecord; readonly isNew: boolean }> {
  const { id, at, body, world, now } = call
  const name = at.version ?? ''
  if (!/^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(name)) throw invalid(`The gallery image version name '${name}' is invalid.`)
  findResource(call, id.replace(/\/versions\/[^/]+$/i, ''))
  const earlier = world.records.resources[keyOf(id)]
  const properties = objectIn(body.properties)
  const profile = objectIn(properties.publishingProfile)
  const placed = placedIn(call, id, kind.version, body)
  const targets = objectsIn(profile.targetRegions).map((target) => ({ ...target, name: locationIn(target.name) }))
  if (targets.length > 0 && !targets.some((target) => target.name === placed.location))
    throw invalid(`The target regions of ${name} must contain its own location ${placed.location}.`)
  const version: ResourceRecord = {
    ...placed,
    readyAt: earlier?.readyAt ?? now + durationsMs.image,
    file: earlier?.file ?? (await world.disks.copy(await sourceFile(call, properties))),
    properties: {
      ...properties,
      publishingProfile: {
        replicaCount: 1,
        storageAccountType: 'Standard_LRS',
        ...profile,
        targetRegions: targets.length > 0 ? targets : [{ name: placed.location, regionalReplicaCount: 1 }],
        excludeFromLatest: profile.excludeFromLatest === true,
        publishedDate: new Date(earlier?.createdAt ?? now).toISOString(),
      },
    },
  }
  return { version, isNew: keep(call, version) }
}

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

function listed(call: Call, type: string, below: string) {
  findResource(call, below)
  const found = resourcesOf(call, { type, below })
  return ok({ value: found.map((one) => resourceOutput(one, call.now)) })
}

const shown = (call: Call) => ok(resourceOutput(findResource(call, call.id), call.now))

const galleries = 'subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/galleries'
const above = (id: string): string => id.replace(/\/[^/]+$/, '')

/** https://learn.microsoft.com/rest/api/compute/galleries and the two below it (2026-11) */
export const galleryOperations: Operations = {
  'Galleries.ListByResourceGroup': {
    pattern: `GET ${galleries}`,
    actions: [`${kind.gallery}/read`],
    run: (call) => {
      const found = resourcesOf(call, { group: call.at.group ?? '', type: kind.gallery })
      return ok({ value: found.map((one) => resourceOutput(one, call.now)) })
    },
  },
  'Galleries.List': {
    pattern: 'GET subscriptions/:subscription/providers/Microsoft.Compute/galleries',
    actions: [`${kind.gallery}/read`],
    run: (call) => {
      const found = resourcesOf(call, { subscription: call.at.subscription ?? '', type: kind.gallery })
      return ok({ value: found.map((one) => resourceOutput(one, call.now)) })
    },
  },
  'Galleries.Get': {
    pattern: `GET ${galleries}/:gallery`,
    actions: [`${kind.gallery}/read`],
    query: ['$select', '$expand'],
    run: shown,
  },
  'Galleries.CreateOrUpdate': {
    pattern: `PUT ${galleries}/:gallery`,
    actions: [`${kind.gallery}/write`],
    run: (call) => {
      const { made, isNew } = put(call, kind.gallery, call.at.gallery ?? '', {
        ...objectIn(call.body.properties),
        identifier: { uniqueName: `${call.at.subscription}-${(call.at.gallery ?? '').toUpperCase()}` },
      })
      return begun(call, { status: isNew ? 201 : 200, body: resourceOutput(made, call.now) })
    },
  },
  'GalleryImages.ListByGallery': {
    pattern: `GET ${galleries}/:gallery/images`,
    actions: [`${kind.image}/read`],
    run: (call) => listed(call, kind.image, above(call.id)),
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
      const { made, isNew } = put(call, kind.image, call.at.image ?? '', properties)
      return begun(call, { status: isNew ? 201 : 200, body: resourceOutput(made, call.now) })
    },
  },
  'GalleryImageVersions.ListByGalleryImage': {
    pattern: `GET ${galleries}/:gallery/images/:image/versions`,
    actions: [`${kind.version}/read`],
    run: (call) => listed(call, kind.version, above(call.id)),
  },
  'GalleryImageVersions.Get': {
    pattern: `GET ${galleries}/:gallery/images/:image/versions/:version`,
    actions: [`${kind.version}/read`],
    query: ['$expand'],
    run: shown,
  },
  'GalleryImageVersions.CreateOrUpdate': {
    pattern: `PUT ${galleries}/:gallery/images/:image/versions/:version`,
    actions: [`${kind.version}/write`],
    async run(call) {
      const { version, isNew } = await putVersion(call)
      const body = resourceOutput(version, call.now)
      return begun(call, {
        status: isNew ? 201 : 200,
        body,
        lastsMs: isNew ? durationsMs.image : durationsMs.operation,
      })
    },
  },
  ...deletions(),
}

function deletions(): Operations {
  const paths = { Galleries: ':gallery', GalleryImages: ':gallery/images/:image' }
  const version = ':gallery/images/:image/versions/:version'
  const empty = Object.entries(paths).map(([names, path]) => [
    `${names}.Delete`,
    {
      pattern: `DELETE ${galleries}/${path}`,
      actions: [names === 'Galleries' ? `${kind.gallery}/delete` : `${kind.image}/delete`],
      run: (call: Call) => {
        if (call.world.records.resources[keyOf(call.id)] === undefined) return { status: 204 }
        if (resourcesOf(call, { below: call.id }).length > 0)
          throw azureError(
            409,
            'CannotDeleteResource',
            `Cannot delete resource while nested resources exist: ${call.id}`,
          )
        forget(call, call.id)
        return begun(call, { status: 202 })
      },
    },
  ])
  return {
    ...Object.fromEntries(empty),
    'GalleryImageVersions.Delete': {
      pattern: `DELETE ${galleries}/${version}`,
      actions: [`${kind.version}/delete`],
      async run(call) {
        const found = call.world.records.resources[keyOf(call.id)]
        if (found === undefined) return { status: 204 }
        await disposeOf(call, found)
        return begun(call, { status: 202 })
      },
    },
  }
}
