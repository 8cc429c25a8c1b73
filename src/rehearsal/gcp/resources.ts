import type { GcpRecords } from './records.ts'
import { imageStatus, instanceStatus } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Resource = Readonly<Record<string, unknown>>

/** What a project holds in a zone, or globally. */
export interface ProjectResources {
  readonly images: readonly Resource[]
  readonly disks: readonly Resource[]
  readonly instances: readonly Resource[]
  readonly firewalls: readonly Resource[]
  readonly buckets: readonly Resource[]
}

/** What the projects hold, by project; those that hold nothing are left out, and so is everything that is Google's own. */
export function gcpResources(records: GcpRecords, now: number): Readonly<Record<string, ProjectResources>> {
  const { buckets = {}, objects = {} } = records
  const kinds = [records.images, records.disks, records.instances, records.firewalls, buckets]
  const projects = new Set(kinds.flatMap((kind) => Object.values(kind).map(({ project }) => project)))
  const of = <T extends { readonly project: string }>(kind: Record<string, T>, project: string): readonly T[] =>
    Object.values(kind).filter((one) => one.project === project)
  return Object.fromEntries(
    [...projects].map((project) => [
      project,
      {
        images: of(records.images, project).map((image) => ({
          ...{ id: image.id, name: image.name, state: imageStatus(image, now), family: image.family },
          ...{ labels: image.labels, architecture: image.architecture, storageLocations: image.storageLocations },
          ...{ kmsKeyName: image.kmsKeyName, deprecated: image.deprecated },
        })),
        disks: of(records.disks, project).map(({ id, name, zone, sizeGb, type, user, labels }) => {
          return { id, name, zone, sizeGb, type, user, labels }
        }),
        instances: of(records.instances, project).map((instance) => ({
          ...{ id: instance.id, name: instance.name, zone: instance.zone, state: instanceStatus(instance, now) },
          ...{ machineType: instance.machineType, publicAddress: instance.publicAddress },
          ...{ privateAddress: instance.privateAddress, networkTags: instance.networkTags, labels: instance.labels },
          serviceAccounts: instance.serviceAccounts,
        })),
        firewalls: of(records.firewalls, project).map(({ id, name, sourceRanges, targetTags }) => {
          return { id, name, sourceRanges, targetTags }
        }),
        buckets: of(buckets, project).map(({ name, location }) => ({
          ...{ id: name, name, location },
          objects: Object.values(objects)
            .filter((object) => object.bucket === name)
            .map((object) => ({ name: object.name, sizeBytes: object.sizeBytes })),
        })),
      },
    ]),
  )
}
