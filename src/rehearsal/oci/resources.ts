import type { OciRecords } from './records.ts'
import { imageState, instanceState } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Resource = Readonly<Record<string, unknown>>

/** What a compartment holds. */
export interface CompartmentResources {
  readonly images: readonly Resource[]
  readonly instances: readonly Resource[]
  readonly bootVolumes: readonly Resource[]
  readonly securityGroups: readonly Resource[]
  /** None where there are none. */
  readonly buckets?: readonly Resource[]
}

/** What the compartments hold; those that hold nothing are left out, and so is everything that is Oracle's own. */
export function ociResources(records: OciRecords, now: number): Readonly<Record<string, CompartmentResources>> {
  const instances = Object.values(records.instances).filter(({ terminatedAt }) => terminatedAt === undefined)
  const images = Object.values(records.images).filter((image) => imageState(image, now) !== 'DELETED')
  const volumes = Object.values(records.bootVolumes)
  const groups = Object.values(records.securityGroups)
  const buckets = Object.values(records.buckets ?? {})
  const all = [...images, ...instances, ...volumes, ...groups, ...buckets]
  return Object.fromEntries(
    [...new Set(all.map(({ compartmentId }) => compartmentId))].map((compartment) => {
      const own = <T extends { readonly compartmentId: string }>(things: readonly T[]): readonly T[] =>
        things.filter(({ compartmentId }) => compartmentId === compartment)
      return [
        compartment,
        {
          images: own(images).map((image) => ({
            ...{ id: image.id, name: image.displayName, region: image.region, state: imageState(image, now) },
            ...{ tags: image.freeformTags, definedTags: image.definedTags, launchMode: image.launchMode },
          })),
          instances: own(instances).map((one) => ({
            ...{ id: one.id, name: one.displayName, region: one.region, state: instanceState(one, now) },
            ...{ shape: one.shape, ocpus: one.ocpus, memoryInGBs: one.memoryInGBs, nsgIds: one.nsgIds },
            ...{ publicAddress: one.publicAddress, privateAddress: one.privateAddress, tags: one.freeformTags },
            legacyImdsDisabled: one.legacyImdsDisabled,
          })),
          bootVolumes: own(volumes).map(({ id, displayName: name, sizeGb, instanceId }) => {
            return { id, name, sizeGb, instanceId }
          }),
          ...(own(buckets).length > 0 && {
            buckets: own(buckets).map((one) => ({
              ...{ name: one.displayName, region: one.region, objects: Object.keys(one.objects) },
              uploads: Object.values(one.uploads).map(({ object }) => object),
              preauthenticatedRequests: Object.values(one.accesses).map(({ object }) => object),
            })),
          }),
          securityGroups: own(groups).map(({ id, displayName: name, rules, freeformTags: tags }) => {
            return { id, name, sources: rules.map(({ source }) => source), tags }
          }),
        },
      ]
    }),
  )
}
