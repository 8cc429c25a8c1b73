import { expect, test } from 'vitest'
import type { Written } from '../written.ts'
import { type AwsReleaseSettings, awsRelease } from './aws.ts'

function resolved(aws: Written<AwsReleaseSettings>) {
  const complaints: string[] = []
  const settings = awsRelease(aws, (key, message) => complaints.push(`${key} ${message}`))
  return { settings, complaints }
}

test('regions of one partition alone', () => {
  expect(resolved({ regions: ['cn-north-1', 'cn-northwest-1'] }).complaints).toEqual([])
  expect(resolved({ regions: ['us-gov-west-1', 'us-gov-east-1'] }).complaints).toEqual([])
  expect(resolved({ regions: ['eu-central-1', 'us-gov-west-1'] }).complaints).toEqual([
    'regions us-gov-west-1 is in the partition aws-us-gov, and eu-central-1 in aws',
  ])
})

test('the region that the disk is sent to has to be named', () => {
  expect(resolved({ regions: ['eu-central-1', 'all'], best_effort_regions: ['all'] }).complaints).toEqual([])
  expect(resolved({ regions: ['all'] }).complaints).toEqual(['regions does not say where the disk is sent'])
  expect(resolved({ regions: [] }).complaints).toEqual(['regions is empty'])
  const { complaints } = resolved({ regions: ['eu-central-1', 'all'], best_effort_regions: ['eu-central-1'] })
  expect(complaints).toEqual(['best_effort_regions eu-central-1 is where the disk is sent'])
})

test('a bucket belongs to imports from one', () => {
  expect(resolved({ regions: ['eu-central-1'], import: 's3' }).complaints).toEqual(['bucket is missing'])
  expect(resolved({ regions: ['eu-central-1'], bucket: 'disks' }).complaints).toHaveLength(1)
  expect(resolved({ regions: ['eu-central-1'], import: 's3', bucket: 'disks' }).settings).toMatchObject({
    ...{ import: 's3', bucket: 'disks', disableEncryptionByDefault: false },
  })
})
