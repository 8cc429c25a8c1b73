import { alibabaError } from './alibaba-error.ts'
import type { Operations } from './call.ts'
import { regions, zonesOf } from './places.ts'

interface InstanceType {
  readonly cpus: number
  readonly memoryGiB: number
  readonly architecture: 'x86_64' | 'arm64'
}

const sizes: Readonly<Record<string, number>> = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16 }

function family(name: string, gibPerCpu: number, architecture: InstanceType['architecture'] = 'x86_64') {
  return Object.entries(sizes).map(([size, cpus]): readonly [string, InstanceType] => [
    `ecs.${name}.${size}`,
    { cpus, memoryGiB: cpus * gibPerCpu, architecture },
  ])
}

/** The types the stand-in offers. https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-families (2026-11) */
const types: Readonly<Record<string, InstanceType>> = Object.fromEntries([
  ...['g6', 'g7', 'g8i'].flatMap((name) => family(name, 4)),
  ...['c6', 'c7', 'c8i'].flatMap((name) => family(name, 2)),
  ...['r6', 'r7', 'r8i'].flatMap((name) => family(name, 8)),
  ...['g6r', 'g8y'].flatMap((name) => family(name, 4, 'arm64')),
  ['ecs.t6-c1m1.large', { cpus: 2, memoryGiB: 2, architecture: 'x86_64' }],
  ['ecs.t6-c1m2.large', { cpus: 2, memoryGiB: 4, architecture: 'x86_64' }],
])

/** The type by its name, or Alibaba Cloud's refusal of it. */
export function instanceTypeOf(name: string): InstanceType {
  const type = types[name]
  if (type !== undefined) return type
  throw alibabaError(
    'InvalidInstanceType.ValueNotSupported',
    `The specified InstanceType ${name} does not exist or is not sold here.`,
  )
}

/** What is Alibaba Cloud's own and the same for every account. */
export const placeOperations: Operations = {
  DescribeRegions: {
    actions: ['ecs:DescribeRegions'],
    supports: [],
    reads: true,
    run: () => ({
      Regions: {
        Region: regions.map((id) => ({
          RegionId: id,
          LocalName: id,
          RegionEndpoint: `ecs.${id}.aliyuncs.com`,
          Status: 'available',
        })),
      },
    }),
  },
  DescribeZones: {
    actions: ['ecs:DescribeZones'],
    supports: [],
    reads: true,
    run: ({ region }) => ({
      Zones: {
        Zone: zonesOf(region).map((ZoneId) => ({
          ...{ ZoneId, LocalName: ZoneId, ZoneType: 'AvailabilityZone' },
          AvailableResourceCreation: { ResourceTypes: ['VSwitch', 'Instance', 'Disk', 'IoOptimized'] },
          AvailableInstanceTypes: { InstanceTypes: Object.keys(types) },
          AvailableDiskCategories: { DiskCategories: ['cloud_essd', 'cloud_auto', 'cloud_ssd', 'cloud_efficiency'] },
        })),
      },
    }),
  },
}
