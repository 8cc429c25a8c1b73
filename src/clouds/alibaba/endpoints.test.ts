import { expect, test } from 'vitest'
import { endpointOf } from './endpoints.ts'

test.each([
  ['ecs', 'cn-beijing', 'ecs.cn-beijing.aliyuncs.com'],
  ['ecs', 'cn-hangzhou', 'ecs-cn-hangzhou.aliyuncs.com'],
  ['ecs', 'cn-hangzhou-finance', 'ecs.aliyuncs.com'],
  ['ecs', 'eu-central-1', 'ecs.eu-central-1.aliyuncs.com'],
  ['vpc', 'cn-hangzhou', 'vpc.aliyuncs.com'],
  ['vpc', 'us-west-1', 'vpc.us-west-1.aliyuncs.com'],
  ['sts', 'cn-hangzhou', 'sts.cn-hangzhou.aliyuncs.com'],
  ['ram', 'eu-central-1', 'ram.aliyuncs.com'],
  ['sts', 'ap-south-1', 'sts.aliyuncs.com'],
] as const)('%s of %s answers at %s', (service, region, host) => {
  expect(endpointOf(service, region)).toBe(host)
})
