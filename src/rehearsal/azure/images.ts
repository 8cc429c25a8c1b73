import { type Json, objectIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { removed } from './dispose.ts'
import { begun } from './operations.ts'
import type { ResourceRecord } from './records.ts'
import { findResource, keep, listed, placedIn, resourceOutput } from './resource-store.ts'
import { durationsMs, provisioningState } from './states.ts'
import { type StockImage, stockImages } from './stock.ts'

const kind = 'Microsoft.Compute/images'

/** The newest image of the marketplace of a publisher, offer and sku. */
export function marketplaceImage(call: Pick<Call, 'world'>, reference: Json): StockImage {
  const is = (field: 'publisher' | 'offer' | 'sku', own: string): boolean =>
    String(reference[field] ?? '').toLowerCase() === own.toLowerCase()
  const found = stockImages(call.world.stock).find(
    (one) => is('publisher', one.publisher) && is('offer', one.offer) && is('sku', one.sku),
  )
  const version = String(reference.version ?? 'latest').toLowerCase()
  if (found !== undefined && (version === 'latest' || version === found.version)) return found
  const { publisher, offer, sku } = reference
  throw azureError(
    404,
    'PlatformImageNotFound',
    `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct.`,
  )
}

/** The file of a virtual machine that can be made an image of. */
export function generalizedDisk(
  call: Pick<Call, 'world'>,
  id: string,
): { readonly disk: ResourceRecord; readonly file: string } {
  const { name, machine } = findResource(call, id)
  if (machine?.generalized !== true)
    throw azureError(
      409,
      'OperationNotAllowed',
      `The VM '${name}' is not generalized: an image cannot be created from it.`,
    )
  const disk = findResource(call, machine.disk)
  if (disk.file === undefined) throw notFound(machine.disk)
  return { disk, file: disk.file }
}

async function create(call: Call): Promise<{ readonly image: ResourceRecord; readonly isNew: boolean }> {
  const { id, body, world, now } = call
  const name = call.at.name ?? ''
  if (!/^[A-Za-z0-9]([\w.-]{0,78}\w)?$/.test(name)) throw invalid(`The name '${name}' of an image is invalid.`)
  const asked = objectIn(body.properties)
  const source = textIn(objectIn(asked.sourceVirtualMachine).id)
  if (source === undefined) throw notImplemented('an image from anything but a virtual machine')
  const placed = placedIn(call, id, kind, body)
  const { disk, file } = generalizedDisk(call, source)
  if (disk.location !== placed.location)
    throw azureError(400, 'BadRequest', `An image must be in the location of its virtual machine, ${disk.location}.`)
  const image: ResourceRecord = {
    ...placed,
    readyAt: now + durationsMs.image,
    file: await world.disks.copy(file),
    properties: {
      sourceVirtualMachine: { id: source },
      storageProfile: {
        osDisk: {
          osType: 'Linux',
          osState: 'Generalized',
          diskSizeGB: disk.properties.diskSizeGB,
          managedDisk: { id: disk.id },
          caching: 'ReadWrite',
          storageAccountType: objectIn(disk.sku).name,
        },
        zoneResilient: objectIn(asked.storageProfile).zoneResilient === true,
      },
      hyperVGeneration: 'V2',
    },
  }
  return { image, isNew: keep(call, image) }
}

const images = `subscriptions/:subscription/resourceGroups/:group/providers/${kind}`
const market =
  'subscriptions/:subscription/providers/Microsoft.Compute/locations/:location/publishers/:publisher/artifacttypes/vmimage/offers/:offer/skus/:sku/versions'

/** https://learn.microsoft.com/rest/api/compute/images (2026-11) */
export const imageOperations: Operations = {
  'Images.ListByResourceGroup': {
    pattern: `GET ${images}`,
    actions: [`${kind}/read`],
    run: (call) => listed(call, { group: call.at.group ?? '', type: kind }),
  },
  'Images.List': {
    pattern: `GET subscriptions/:subscription/providers/${kind}`,
    actions: [`${kind}/read`],
    run: (call) => listed(call, { subscription: call.at.subscription ?? '', type: kind }),
  },
  'Images.Get': {
    pattern: `GET ${images}/:name`,
    actions: [`${kind}/read`],
    query: ['$expand'],
    run: (call) => ok(resourceOutput(findResource(call, call.id), call.now)),
  },
  'Images.CreateOrUpdate': {
    pattern: `PUT ${images}/:name`,
    actions: [`${kind}/write`],
    async run(call) {
      const { image, isNew } = await create(call)
      const body = resourceOutput(image, call.now)
      return begun(call, { status: isNew ? 201 : 200, body, lastsMs: durationsMs.image })
    },
  },
  'Images.Delete': {
    pattern: `DELETE ${images}/:name`,
    actions: [`${kind}/delete`],
    run: removed,
  },
  'VirtualMachineImages.List': {
    pattern: `GET ${market}`,
    actions: ['Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'],
    query: ['$top', '$orderby', '$expand'],
    run: (call) => {
      const { version } = marketplaceImage(call, call.at)
      return {
        status: 200,
        body: { value: [{ id: `${call.id}/${version}`, name: version, location: call.at.location }] },
      }
    },
  },
  'VirtualMachineImages.Get': {
    pattern: `GET ${market}/:version`,
    actions: ['Microsoft.Compute/locations/publishers/artifacttypes/offers/skus/versions/read'],
    run: (call) => {
      const { version, arch } = marketplaceImage(call, call.at)
      const architecture = arch === 'arm64' ? 'Arm64' : 'x64'
      const properties = { hyperVGeneration: 'V2', architecture, osDiskImage: { operatingSystem: 'Linux' } }
      return ok({ id: call.id, name: version, location: call.at.location, properties })
    },
  },
}

/** Refuses an image that is not ready. */
export function checkReady(image: ResourceRecord, now: number): void {
  if (provisioningState(image, now) !== 'Succeeded')
    throw azureError(409, 'OperationNotAllowed', `The image '${image.id}' is not ready.`)
}
