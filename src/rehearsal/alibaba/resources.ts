import { type AlibabaRecords, emptyRecords, type Resource } from './records.ts'
import { imageStatus, instanceStatus } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Told = Readonly<Record<string, unknown>>

/** What a region holds. */
export interface RegionResources {
  readonly images: readonly Told[]
  readonly snapshots: readonly Told[]
  readonly disks: readonly Told[]
  readonly instances: readonly Told[]
  readonly keyPairs: readonly Told[]
  readonly securityGroups: readonly Told[]
  readonly vpcs: readonly Told[]
  readonly vswitches: readonly Told[]
  readonly addresses: readonly Told[]
  readonly buckets: readonly Told[]
}

/** What the account holds, by region; those that hold nothing are left out, and so is what is Alibaba Cloud's own. */
export function alibabaResources(kept: AlibabaRecords, now: number): Readonly<Record<string, RegionResources>> {
  const records = { ...emptyRecords(), ...kept }
  const { tokens: _, roles: __, imports: ___, ...tables } = records
  const regions = new Set(Object.values(tables).flatMap((table) => Object.values(table).map(({ region }) => region)))
  const of = <T extends Resource>(table: Record<string, T>, region: string, more: (one: T) => Told = () => ({})) =>
    Object.values(table)
      .filter((one) => one.region === region)
      .map((one) => ({ id: one.id, name: one.name, ...more(one), tags: one.tags }))
  return Object.fromEntries(
    [...regions].map((region): [string, RegionResources] => [
      region,
      {
        images: of(records.images, region, (image) => ({
          ...{
            state: imageStatus(image, records, now),
            family: image.family,
            copyOf: image.copyOf,
            snapshotId: image.snapshotId,
          },
          ...{ bootMode: image.bootMode, nvme: image.nvme, open: image.open },
          ...{ architecture: image.architecture, sharedWith: image.sharedWith, resourceGroupId: image.resourceGroupId },
          encrypted: records.snapshots[image.snapshotId]?.encrypted,
          kmsKeyId: records.snapshots[image.snapshotId]?.kmsKeyId,
        })),
        snapshots: of(records.snapshots, region, ({ sizeGb, encrypted }) => ({ sizeGb, encrypted })),
        disks: of(records.disks, region, ({ sizeGb, category, instanceId }) => ({ sizeGb, category, instanceId })),
        instances: of(records.instances, region, (instance) => ({
          ...{ state: instanceStatus(instance, now), imageId: instance.imageId, instanceType: instance.instanceType },
          ...{ privateAddress: instance.privateAddress, securityGroups: instance.groups, keyName: instance.keyName },
        })),
        keyPairs: of(records.keyPairs, region),
        securityGroups: of(records.securityGroups, region, ({ vpcId, rules }) => ({ vpcId, rules })),
        vpcs: of(records.vpcs, region),
        vswitches: of(records.vswitches, region, ({ vpcId, zone }) => ({ vpcId, zone })),
        addresses: of(records.addresses, region, ({ address, instanceId }) => ({ address, instanceId })),
        buckets: Object.values(records.buckets)
          .filter((bucket) => bucket.region === region)
          .map(({ name, objects, uploads }) => ({
            ...{ id: name, name, objects: Object.keys(objects) },
            uploads: Object.values(uploads).map(({ key }) => key),
          })),
      },
    ]),
  )
}
