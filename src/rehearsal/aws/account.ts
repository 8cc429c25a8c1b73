import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import type { Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import type { RegionRecords } from './records.ts'
import { optInRegions, regions } from './regions.ts'

interface Region {
  readonly name: string
  readonly optIn: 'opt-in-not-required' | 'not-opted-in'
}

function endpointOf(region: string): string {
  return `ec2.${region}.amazonaws.com`
}

const everyRegion: readonly Region[] = [
  ...regions.map((name) => ({ name, optIn: 'opt-in-not-required' as const })),
  ...optInRegions.map((name) => ({ name, optIn: 'not-opted-in' as const })),
]

const regionFilters: Filters<Region> = {
  endpoint: (region) => endpointOf(region.name),
  'opt-in-status': (region) => region.optIn,
  'region-name': (region) => region.name,
}

const accountAttributes: Readonly<Record<string, string>> = {
  'default-vpc': 'default',
  'max-instances': '16',
  'supported-platforms': 'VPC',
}

function setEncryption(here: RegionRecords, on: boolean): Output {
  here.encryptsByDefault = on
  return { EbsEncryptionByDefault: on }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html and others about the account. */
export const accountOperations: Operations = {
  DescribeRegions: {
    supports: ['RegionNames', 'AllRegions', 'Filters'],
    run: (call) => {
      const names = call.input.texts('RegionNames')
      const unknown = names.find((name) => !everyRegion.some((region) => region.name === name))
      if (unknown !== undefined) throw awsError('InvalidParameterValue', `Invalid region name: [${unknown}]`)
      const shown = everyRegion.filter(({ name, optIn }) =>
        names.length > 0
          ? names.includes(name)
          : optIn === 'opt-in-not-required' || call.input.flag('AllRegions') === true,
      )
      const { items } = filtered(call, shown, regionFilters)
      return {
        Regions: items.map(({ name, optIn }) => ({ RegionName: name, Endpoint: endpointOf(name), OptInStatus: optIn })),
      }
    },
  },
  DescribeAccountAttributes: {
    supports: ['AttributeNames'],
    run: (call) => {
      const names = call.input.texts('AttributeNames')
      const shown = Object.entries(accountAttributes).filter(([name]) => names.length === 0 || names.includes(name))
      return {
        AccountAttributes: shown.map(([AttributeName, AttributeValue]) => ({
          AttributeName,
          AttributeValues: [{ AttributeValue }],
        })),
      }
    },
  },
  GetEbsEncryptionByDefault: {
    supports: [],
    run: ({ here }) => ({
      EbsEncryptionByDefault: here.encryptsByDefault === true,
      SseType: here.encryptsByDefault ? 'sse-kms' : 'none',
    }),
  },
  EnableEbsEncryptionByDefault: { supports: [], run: ({ here }) => setEncryption(here, true) },
  DisableEbsEncryptionByDefault: { supports: [], run: ({ here }) => setEncryption(here, false) },
  GetEbsDefaultKmsKeyId: { supports: [], run: () => ({ KmsKeyId: 'alias/aws/ebs' }) },
}
