/** Zones of the regions every AWS account has from the start. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (2026-11) */
const enabled: Readonly<Record<string, string>> = {
  'ap-northeast-1': 'acd',
  'ap-northeast-2': 'abcd',
  'ap-northeast-3': 'abc',
  'ap-south-1': 'abc',
  'ap-southeast-1': 'abc',
  'ap-southeast-2': 'abc',
  'ca-central-1': 'abd',
  'eu-central-1': 'abc',
  'eu-north-1': 'abc',
  'eu-west-1': 'abc',
  'eu-west-2': 'abc',
  'eu-west-3': 'abc',
  'sa-east-1': 'abc',
  'us-east-1': 'abcdef',
  'us-east-2': 'abc',
  'us-west-1': 'ac',
  'us-west-2': 'abcd',
}

/** Regions an account must opt in to; the rehearsal's account has not. */
export const optInRegions: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
]

/** The regions the rehearsal's account can use. */
export const regions: readonly string[] = Object.keys(enabled)

/** Zone names of a region, for example us-west-2a. */
export function zonesOf(region: string): readonly string[] {
  return [...(enabled[region] ?? '')].map((letter) => region + letter)
}

/** Where AWS's endpoints are. */
export const awsDomains: readonly string[] = ['amazonaws.com', 'api.aws']

/** `ec2.us-west-2.amazonaws.com`, also its dual-stack and FIPS forms; a global `sts.amazonaws.com` is in us-east-1. */
const hostPattern = /^([a-z0-9]+)(?:-fips)?(?:\.([a-z]+(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com|api\.aws)$/

/** `golden.s3.us-west-2.amazonaws.com`, the host of one bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html (2026-11) */
const bucketPattern = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.(s3[.-].+)$/

/** What an AWS host name stands for. */
export interface AwsHost {
  readonly service: string
  readonly region: string
  /** Of S3, when the name has one. */
  readonly bucket?: string
}

/** The service and region an AWS host name stands for; undefined for other hosts and for regions AWS does not have. */
export function awsHost(host: string): AwsHost | undefined {
  const [, bucket, own = host.toLowerCase()] = bucketPattern.exec(host.toLowerCase()) ?? []
  const [, service, region = 'us-east-1'] = hostPattern.exec(own) ?? []
  if (service === undefined || !(regions.includes(region) || optInRegions.includes(region))) return undefined
  if (bucket !== undefined && service !== 's3') return undefined
  return { service, region, ...(bucket !== undefined && { bucket }) }
}
