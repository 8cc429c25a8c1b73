import type { AwsRecords, RegionRecords } from './records.ts'
import { imageState, instanceState, snapshotState, volumeState } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, `state`, `tags` and what else tells it apart. */
export type Resource = Readonly<Record<string, unknown>>

/** What a region of an account holds. */
export interface RegionResources {
  readonly images: readonly Resource[]
  readonly snapshots: readonly Resource[]
  readonly volumes: readonly Resource[]
  readonly instances: readonly Resource[]
  readonly keyPairs: readonly Resource[]
  readonly securityGroups: readonly Resource[]
  readonly parameters: readonly Resource[]
  readonly buckets: readonly Resource[]
}

function resourcesOf(here: RegionRecords, now: number): RegionResources {
  return {
    images: Object.values(here.images).map((image) => ({
      id: image.id,
      name: image.name,
      state: imageState(image, now),
      architecture: image.architecture,
      imdsSupport: image.imds,
      snapshots: image.mappings.flatMap((each) => each.snapshotId ?? []),
      permissions: image.permissions,
      deprecateAt: image.deprecateAt === undefined ? undefined : new Date(image.deprecateAt).toISOString(),
      source: image.source,
      tags: image.tags,
    })),
    snapshots: Object.values(here.snapshots).map((snapshot) => ({
      id: snapshot.id,
      state: snapshotState(snapshot, now).state,
      sizeGiB: snapshot.sizeGiB,
      encrypted: snapshot.encrypted,
      kmsKeyId: snapshot.kmsKeyId,
      permissions: snapshot.permissions,
      tags: snapshot.tags,
    })),
    volumes: Object.values(here.volumes).map((volume) => ({
      id: volume.id,
      state: volumeState(volume),
      sizeGiB: volume.sizeGiB,
      type: volume.type,
      encrypted: volume.encrypted,
      kmsKeyId: volume.kmsKeyId,
      instance: volume.attachment?.instanceId,
      tags: volume.tags,
    })),
    instances: Object.values(here.instances)
      .filter((instance) => instanceState(instance, now).Name !== 'terminated')
      .map((instance) => ({
        id: instance.id,
        state: instanceState(instance, now).Name,
        type: instance.type,
        image: instance.imageId,
        publicAddress: instance.publicAddress,
        privateAddress: instance.privateAddress,
        keyName: instance.keyName,
        tokens: instance.metadata.tokens,
        securityGroups: instance.groupIds,
        tags: instance.tags,
      })),
    keyPairs: Object.values(here.keyPairs).map(({ id, name, type, fingerprint, tags }) => ({
      id,
      name,
      type,
      fingerprint,
      tags,
    })),
    securityGroups: Object.values(here.securityGroups).map(({ id, name, ingress, tags }) => ({
      id,
      name,
      ingress,
      tags,
    })),
    parameters: Object.values(here.parameters ?? {}).map(({ name, value, tags }) => ({ id: name, name, value, tags })),
    buckets: Object.values(here.buckets ?? {}).map(({ name, objects, uploads }) => ({
      id: name,
      name,
      objects: Object.keys(objects),
      uploads: Object.values(uploads).map(({ key }) => key),
      tags: {},
    })),
  }
}

/** What the account holds, by region; regions that hold nothing are left out, and so is everything that is AWS's own. */
export function awsResources(records: AwsRecords, now: number): Readonly<Record<string, RegionResources>> {
  const held = Object.entries(records).map(([region, here]) => [region, resourcesOf(here, now)] as const)
  return Object.fromEntries(held.filter(([, resources]) => Object.values(resources).some((list) => list.length > 0)))
}
