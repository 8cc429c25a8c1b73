import { createHash, randomBytes } from 'node:crypto'
import { alibabaError } from './alibaba-error.ts'

/**
 * Regions of both sites with their zones; the letters that ids made there begin with are as seen in Alibaba Cloud's
 * examples. https://www.alibabacloud.com/help/en/ecs/regions-and-zones (2026-11)
 */
const known: Readonly<Record<string, { readonly zones: string; readonly mark: string }>> = {
  'cn-hangzhou': { zones: '-h -i -j', mark: 'bp1' },
  'cn-shanghai': { zones: '-b -g -m', mark: 'uf6' },
  'cn-beijing': { zones: '-h -k -l', mark: '2ze' },
  'cn-shenzhen': { zones: '-d -e -f', mark: 'wz9' },
  'cn-hongkong': { zones: '-b -c -d', mark: 'j6c' },
  'ap-southeast-1': { zones: 'a b c', mark: 't4n' },
  'ap-northeast-1': { zones: 'a b c', mark: '6we' },
  'us-west-1': { zones: 'a b', mark: 'rj9' },
  'us-east-1': { zones: 'a b', mark: '0xi' },
  'eu-central-1': { zones: 'a b c', mark: 'gw8' },
}

export const regions: readonly string[] = Object.keys(known)

/** Zones of a region, for example cn-hangzhou-h. */
export function zonesOf(region: string): readonly string[] {
  return (known[region]?.zones ?? '').split(' ').map((zone) => region + zone)
}

/** Refuses a region that is not there, in Alibaba Cloud's words. */
export function checkRegion(region: string): void {
  if (!regions.includes(region))
    throw alibabaError('InvalidRegionId.NotFound', 'The specified RegionId does not exist.')
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function letters(bytes: Buffer): string {
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('')
}

/** A fresh id of this kind, for example `i-bp1…`. */
export function newId(kind: string, region: string): string {
  return `${kind}-${known[region]?.mark ?? 'bp1'}${letters(randomBytes(17))}`
}

/** An id that is always the same. */
export function stableId(kind: string, ...of: readonly string[]): string {
  return `${kind}-${letters(createHash('sha256').update(of.join('/')).digest().subarray(0, 20))}`
}

/** The services that are answered for, by what their host names begin with. */
const services = {
  ecs: 'ecs',
  vpc: 'vpc',
  sts: 'sts',
  location: 'location',
  'location-readonly': 'location',
  ram: 'ram',
} as const

export type Service = (typeof services)[keyof typeof services]

const host = /^(ecs|vpc|sts|location|location-readonly|ram)(?:[.-]([a-z]{2}(?:-[a-z]+)+(?:-\d)?))?\.aliyuncs\.com$/

/** The domains of Alibaba Cloud's that the stand-in answers for. */
export const alibabaDomains: readonly string[] = ['aliyuncs.com']

/** The service and region a host name stands for (`ecs-cn-hangzhou.aliyuncs.com` serves every region); undefined for others. */
export function alibabaHost(name: string): { readonly service: Service; readonly region?: string } | undefined {
  const [, service, region] = host.exec(name.toLowerCase()) ?? []
  if (service === undefined || !Object.hasOwn(services, service)) return undefined
  const own = services[service as keyof typeof services] // it is one of its keys
  return { service: own, ...(region !== undefined && name.includes(`${service}.`) && { region }) }
}

/** A bucket has a host name of its own: https://www.alibabacloud.com/help/en/oss/regions-and-endpoints (2026-11). */
const bucketName = /^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])\.oss-([a-z]{2}(?:-[a-z]+)+(?:-\d)?)\.aliyuncs\.com$/

/** The bucket and region a host name stands for; undefined for others. */
export function bucketHost(name: string): { readonly bucket: string; readonly region: string } | undefined {
  const [, bucket, region] = bucketName.exec(name.toLowerCase()) ?? []
  return bucket === undefined || region === undefined ? undefined : { bucket, region }
}
