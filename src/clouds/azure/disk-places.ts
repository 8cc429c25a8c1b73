import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { checkDefinition, definitionOf } from './disk-definition.ts'
import type { DiskNames } from './disk-names.ts'
import type { AzureApis, DiskWork } from './disk-plan.ts'
import { checkFree, keyOfBlob } from './disk-version.ts'

/** The places that releases share: made if absent, never changed, and removed when nothing is left in them. */
export interface PlaceSteps {
  readonly group: Step<string>
  readonly account: Step<string>
  readonly gallery: Step<string>
  readonly definition: Step<string>
}

const tags = { [tag.managed]: 'true' }

export function placeSteps(work: DiskWork): PlaceSteps {
  const { apis, names, home, settings } = work
  const { images, disks } = apis
  const group = placeStep(work, 'azure/group', names.group, {
    title: `make the resource group ${names.group}`,
    after: [],
    exists: async () => (await unlessGone(images.group(names.group))) !== undefined,
    make: () => images.putGroup({ name: names.group, location: home, tags }),
    // Azure would delete with it whatever came into it meanwhile.
    remove: async () => undefined,
  })
  const account = placeStep(work, `azure/storage/${home}`, names.account, {
    title: `make the storage account ${names.accountName}`,
    after: [group],
    exists: async () => (await unlessGone(disks.account(names.account))) !== undefined,
    async make() {
      await disks.putAccount(names.account, { location: home, tags })
    },
    remove: () => emptyAccount(apis, names, work.publication),
  })
  const gallery = placeStep(work, 'azure/gallery', names.gallery, {
    title: `make the gallery ${names.gallery.replace(/.*\//, '')}`,
    after: [group],
    exists: async () => (await unlessGone(disks.gallery(names.gallery))) !== undefined,
    make: () => disks.putGallery(names.gallery, { location: home, tags, community: work.community }),
    async remove() {
      const found = await unlessGone(disks.gallery(names.gallery))
      if (found?.tags[tag.managed] !== 'true' || (await disks.definitions(names.gallery)).length > 0) return
      if (found.open) await disks.shareGallery(names.gallery, 'nobody')
      await disks.deleteEmpty(names.gallery)
    },
  })
  const definition = placeStep(work, 'azure/definition', names.definition, {
    title: `make the image definition ${names.definitionName}`,
    after: [gallery],
    async exists() {
      const found = await unlessGone(disks.definition(names.definition))
      if (found !== undefined) checkDefinition(names.definitionName, found, definitionOf(settings, work.publication))
      return found !== undefined
    },
    make: () =>
      disks.putDefinition(names.definition, { ...definitionOf(settings, work.publication), location: home, tags }),
    async remove() {
      const found = await unlessGone(disks.definition(names.definition))
      if (found?.tags[tag.managed] !== 'true' || (await images.versions(names.definition)).length > 0) return
      await disks.deleteEmpty(names.definition)
    },
  })
  return { group, account, gallery, definition }
}

interface PlaceMake {
  readonly title: string
  readonly after: readonly Step<unknown>[]
  exists(): Promise<boolean>
  make(): Promise<void>
  remove(): Promise<void>
}

/** What exists is taken as it is: who made it does not matter. */
function placeStep(
  work: DiskWork,
  id: string,
  resource: string,
  { title, after, exists, make, remove }: PlaceMake,
): Step<string> {
  // Another account or gallery in the settings is another place for the same step: what is in it decides.
  const inputs = digest({ place: id })
  return step<string, { readonly resource: string }>(id, {
    title,
    after,
    digest: inputs,
    find: async () => ((await exists()) ? { digest: inputs, out: resource } : undefined),
    async start() {
      // Nothing at all is made for a version that is another disk's.
      await checkFree(work)
      await make()
      return { resource }
    },
    poll: async () => ((await exists()) ? { done: resource } : { busy: `waiting for ${resource.replace(/.*\//, '')}` }),
    sweep: remove,
    undo: remove,
  })
}

/** What is left of this release goes; the account too, when Sindri made it and no other release is being sent. */
async function emptyAccount({ disks, images }: AzureApis, names: DiskNames, { key }: Publication): Promise<void> {
  const account = await unlessGone(disks.account(names.account))
  if (account === undefined) return
  const place = { account: names.accountName, container: names.container }
  const blobs = (await unlessGone(disks.list(place))) ?? []
  const own = blobs.filter((blob) => keyOfBlob(blob.metadata) === key)
  for (const { name } of own) await unlessGone(disks.remove({ ...place, name }))
  if (account.tags[tag.managed] === 'true' && own.length === blobs.length)
    await unlessGone(images.delete(names.account))
}
