import type { Json } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { gcpError, notFound } from './gcp-error.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { begun } from './operations.ts'
import type { DiskRecord } from './records.ts'

function diskOutput(disk: DiskRecord): Json {
  const { id, name, zone, project, labels, sizeGb, type, architecture, guestOsFeatures, sourceImage, user, path } = disk
  return {
    kind: 'compute#disk',
    id,
    name,
    creationTimestamp: new Date(disk.createdAt).toISOString(),
    zone: urlOf(`projects/${project}/zones/${zone}`),
    status: 'READY',
    sizeGb: String(sizeGb),
    type: urlOf(`projects/${project}/zones/${zone}/diskTypes/${type}`),
    architecture,
    labels,
    guestOsFeatures: guestOsFeatures.map((feature) => ({ type: feature })),
    sourceImage: urlOf(sourceImage),
    ...(user && { users: [urlOf(user)] }),
    selfLink: urlOf(path),
  }
}

const disks = 'projects/:project/zones/:zone/disks'

/** A disk that no instance uses, or Google's answer that there is none. */
export function freeDisk({ world }: Pick<Call, 'world'>, path: string): DiskRecord {
  const disk = world.records.disks[path]
  if (disk === undefined) throw notFound(path)
  if (disk.user !== undefined)
    throw gcpError(
      'resourceInUseByAnotherResource',
      `The disk resource '${path}' is already being used by '${disk.user}'`,
    )
  return disk
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/disks */
export const diskOperations: Operations = {
  'compute.disks.list': {
    pattern: `GET ${disks}`,
    permissions: ['compute.disks.list'],
    query: listQuery,
    run: (call) => listed(call, 'compute#diskList', Object.values(call.world.records.disks), diskOutput),
  },
  'compute.disks.get': {
    pattern: `GET ${disks}/:name`,
    permissions: ['compute.disks.get'],
    run: ({ world, path }) => {
      const disk = world.records.disks[path]
      if (disk === undefined) throw notFound(path)
      return diskOutput(disk)
    },
  },
  'compute.disks.delete': {
    pattern: `DELETE ${disks}/:name`,
    permissions: ['compute.disks.delete'],
    query: ['requestId'],
    run: (call) =>
      begun(call, 'delete', async () => {
        const { world, path } = call
        const disk = freeDisk(call, path)
        delete world.records.disks[path]
        await world.disks.remove(disk.file)
        return disk
      }),
  },
}
