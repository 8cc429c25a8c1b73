import { type Json, object, textOf } from './answers.ts'
import type { AzureAccount, AzureDefinition, AzureGallery, AzureVersion } from './disk-port.ts'
import type { Tags } from './port.ts'
import { locationOf } from './resource-id.ts'

/** https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties (2026-11) */
export function accountOf(answer: Json): AzureAccount {
  const properties = object(answer.properties)
  return {
    location: locationOf(textOf(answer, 'location') ?? ''),
    tags: tagsOf(answer),
    kind: textOf(answer, 'kind') ?? '',
    hierarchical: properties.isHnsEnabled === true,
    reachable: textOf(properties, 'publicNetworkAccess') !== 'Disabled',
    walled: textOf(object(properties.networkAcls), 'defaultAction') === 'Deny',
    keys: properties.allowSharedKeyAccess !== false,
  }
}

/** https://learn.microsoft.com/rest/api/compute/galleries/get (2026-11) */
export function galleryOf(answer: Json): AzureGallery {
  const sharing = object(object(answer.properties).sharingProfile)
  const community = object(sharing.communityGalleryInfo)
  const permissions = textOf(sharing, 'permissions')
  const [publicName] = list(community.publicNames)
  return {
    id: textOf(answer, 'id') ?? '',
    location: locationOf(textOf(answer, 'location') ?? ''),
    tags: tagsOf(answer),
    sharing: permissions === 'Community' || permissions === 'Groups' ? permissions : 'Private',
    open: permissions === 'Community' && community.communityGalleryEnabled === true,
    publicName: publicName === undefined ? undefined : String(publicName),
  }
}

/** What is left out is generation 1 and x64. https://learn.microsoft.com/rest/api/compute/gallery-images/get (2026-11) */
export function definitionOf(answer: Json): AzureDefinition & { readonly tags: Tags } {
  const properties = object(answer.properties)
  const { publisher, offer, sku } = object(properties.identifier)
  const features = list(properties.features).map(object)
  return {
    publisher: String(publisher),
    offer: String(offer),
    sku: String(sku),
    generation: textOf(properties, 'hyperVGeneration') === 'V2' ? 'V2' : 'V1',
    architecture: textOf(properties, 'architecture') === 'Arm64' ? 'Arm64' : 'x64',
    features: Object.fromEntries(features.map(({ name, value }) => [String(name), String(value)])),
    tags: tagsOf(answer),
  }
}

/** Features as Azure writes them down. */
export function featuresOf(features: AzureDefinition['features']): readonly Json[] {
  return Object.entries(features).map(([name, value]) => ({ name, value }))
}

/** https://learn.microsoft.com/rest/api/compute/gallery-image-versions/get (2026-11) */
export function versionOf(answer: Json): AzureVersion {
  const properties = object(answer.properties)
  const targets = list(object(properties.publishingProfile).targetRegions).map(object)
  const summary = list(object(properties.replicationStatus).summary).map(object)
  return {
    id: textOf(answer, 'id') ?? '',
    state: textOf(properties, 'provisioningState') ?? 'Unknown',
    location: locationOf(textOf(answer, 'location') ?? ''),
    tags: tagsOf(answer),
    replicas: targets.map((target) => {
      const name = locationOf(textOf(target, 'name') ?? '')
      const status = summary.find((one) => locationOf(textOf(one, 'region') ?? '') === name) ?? {}
      return {
        name,
        replicas: Number(target.regionalReplicaCount ?? 1),
        storage: textOf(target, 'storageAccountType') ?? 'Standard_LRS',
        state: textOf(status, 'state') ?? 'Unknown',
        progress: Number(status.progress ?? 0),
        details: textOf(status, 'details') ?? '',
      }
    }),
  }
}

function tagsOf({ tags }: Json): Tags {
  return Object.fromEntries(Object.entries(object(tags)).map(([name, value]) => [name, String(value)]))
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
