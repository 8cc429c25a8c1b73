/** The services Sindri calls, with the versions of their APIs. */
export const services = { ecs: '2014-05-26', vpc: '2016-04-28', sts: '2015-04-01', ram: '2015-05-01' } as const

export type Service = keyof typeof services

/** True for the name of one of them. */
export function isService(name: string | undefined): name is Service {
  return name !== undefined && Object.hasOwn(services, name)
}

/** Regions whose services answer elsewhere than under their own name. */
const central: Readonly<Record<Service, Readonly<Record<string, string>>>> = {
  ecs: {
    'cn-hangzhou': 'ecs-cn-hangzhou.aliyuncs.com',
    'cn-shanghai-finance-1': 'ecs-cn-hangzhou.aliyuncs.com',
    'cn-shenzhen-finance-1': 'ecs-cn-hangzhou.aliyuncs.com',
    'cn-hangzhou-finance': 'ecs.aliyuncs.com',
    'cn-north-2-gov-1': 'ecs.aliyuncs.com',
  },
  vpc: {
    'cn-hangzhou': 'vpc.aliyuncs.com',
    'cn-shanghai-finance-1': 'vpc.aliyuncs.com',
    'cn-shenzhen-finance-1': 'vpc.aliyuncs.com',
    'cn-hangzhou-finance': 'vpc.aliyuncs.com',
    'cn-north-2-gov-1': 'vpc.aliyuncs.com',
  },
  sts: {},
  ram: {},
}

/** STS answers in every region; the central one is for those that have none of their own. */
const withoutSts: ReadonlySet<string> = new Set(['ap-south-1', 'ap-southeast-2'])

/**
 * The public host name of a service for a region. The China and the international site have the same: an account's site
 * decides which regions it may use, not where they answer. The table of Alibaba Cloud's own client
 * (`_endpointMap` of @alicloud/ecs20140526 7.11, vpc20160428 7.3, sts20150401 1.2), without what is closed or internal.
 * https://api.aliyun.com/product/Ecs (endpoints, read 2026-11)
 */
export function endpointOf(service: Service, region: string): string {
  // Roles belong to an account, not to a region: https://api.aliyun.com/product/Ram (endpoints, 2026-11)
  if (service === 'ram') return 'ram.aliyuncs.com'
  if (service === 'sts' && withoutSts.has(region)) return 'sts.aliyuncs.com'
  return central[service][region] ?? `${service}.${region}.aliyuncs.com`
}

/** Where a bucket answers. https://www.alibabacloud.com/help/en/oss/regions-and-endpoints (2026-11) */
export function bucketHost(bucket: string, region: string): string {
  return `${bucket}.oss-${region}.aliyuncs.com`
}
