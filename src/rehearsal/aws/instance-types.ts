import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { zonesOf } from './regions.ts'

export interface InstanceType {
  readonly vcpus: number
  readonly memoryMiB: number
  readonly architecture: 'x86_64' | 'arm64'
  readonly burstable: boolean
}

const sizes: Readonly<Record<string, readonly [vcpus: number, gibPerVcpu: number]>> = {
  large: [2, 1],
  xlarge: [4, 1],
  '2xlarge': [8, 1],
  '4xlarge': [16, 1],
}

function family(
  name: string,
  gibPerVcpu: number,
  architecture: InstanceType['architecture'],
): readonly [string, InstanceType][] {
  return Object.entries(sizes).map(([size, [vcpus]]) => [
    `${name}.${size}`,
    { vcpus, memoryMiB: vcpus * gibPerVcpu * 1024, architecture, burstable: false },
  ])
}

function burstable(name: string, architecture: InstanceType['architecture']): readonly [string, InstanceType][] {
  const memoryGiB = { nano: 0.5, micro: 1, small: 2, medium: 4, large: 8, xlarge: 16, '2xlarge': 32 }
  const vcpus: Readonly<Record<string, number>> = { xlarge: 4, '2xlarge': 8 }
  return Object.entries(memoryGiB).map(([size, gib]) => [
    `${name}.${size}`,
    { vcpus: vcpus[size] ?? 2, memoryMiB: gib * 1024, architecture, burstable: true },
  ])
}

/** The types the stand-in offers, with AWS's own figures. https://aws.amazon.com/ec2/instance-types/ (2026-11) */
export const instanceTypes: Readonly<Record<string, InstanceType>> = Object.fromEntries([
  ...burstable('t3', 'x86_64'),
  ...burstable('t3a', 'x86_64'),
  ...burstable('t4g', 'arm64'),
  ...['m5', 'm6i', 'm7i'].flatMap((name) => family(name, 4, 'x86_64')),
  ...['c5', 'c6i', 'c7i'].flatMap((name) => family(name, 2, 'x86_64')),
  ...['r5', 'r6i', 'r7i'].flatMap((name) => family(name, 8, 'x86_64')),
  ...family('m7g', 4, 'arm64'),
  ...family('c7g', 2, 'arm64'),
])

interface Row extends InstanceType {
  readonly name: string
}

const rows: readonly Row[] = Object.entries(instanceTypes).map(([name, type]) => ({ name, ...type }))

const typeFilters: Filters<Row> = {
  'burstable-performance-supported': (row) => row.burstable,
  'current-generation': () => true,
  hypervisor: () => 'nitro',
  'instance-type': (row) => row.name,
  'processor-info.supported-architecture': (row) => row.architecture,
  'supported-boot-mode': (row) => (row.architecture === 'arm64' ? ['uefi'] : ['legacy-bios', 'uefi']),
  'supported-usage-class': () => ['on-demand', 'spot'],
}

function typeOutput(row: Row): Output {
  return {
    InstanceType: row.name,
    CurrentGeneration: true,
    FreeTierEligible: row.name === 't3.micro',
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: 'nitro',
    ProcessorInfo: { SupportedArchitectures: [row.architecture] },
    VCpuInfo: { DefaultVCpus: row.vcpus },
    MemoryInfo: { SizeInMiB: row.memoryMiB },
    InstanceStorageSupported: false,
    NetworkInfo: { EnaSupport: 'required' },
    BurstablePerformanceSupported: row.burstable,
    SupportedBootModes: row.architecture === 'arm64' ? ['uefi'] : ['legacy-bios', 'uefi'],
  }
}

interface Offering {
  readonly name: string
  readonly place: string
}

const offeringFilters: Filters<Offering> = { 'instance-type': (row) => row.name, location: (row) => row.place }

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html, …TypeOfferings. */
export const instanceTypeOperations: Operations = {
  DescribeInstanceTypes: {
    supports: ['InstanceTypes', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const names = call.input.texts('InstanceTypes')
      const unknown = names.filter((name) => instanceTypes[name] === undefined)
      if (unknown.length > 0) {
        throw awsError(
          'InvalidInstanceType',
          `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
        )
      }
      const asked = rows.filter((row) => names.length === 0 || names.includes(row.name))
      const { items, next } = filtered(call, asked, typeFilters)
      return { InstanceTypes: items.map(typeOutput), NextToken: next }
    },
  },
  DescribeInstanceTypeOfferings: {
    supports: ['LocationType', 'Filters', 'MaxResults', 'NextToken'],
    run: (call) => {
      const LocationType = call.input.text('LocationType') ?? 'region'
      const places = LocationType === 'availability-zone' ? zonesOf(call.region) : [call.region]
      const offerings = rows.flatMap(({ name }) => places.map((place) => ({ name, place })))
      const { items, next } = filtered(call, offerings, offeringFilters)
      return {
        InstanceTypeOfferings: items.map((each) => ({ InstanceType: each.name, LocationType, Location: each.place })),
        NextToken: next,
      }
    },
  },
}
