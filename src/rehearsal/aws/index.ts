import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { readPolicy } from './policy.ts'
import { emptyRecords } from './records.ts'
import { awsDomains, awsHost } from './regions.ts'
import { awsResources } from './resources.ts'
import { credentials } from './signature.ts'

/** EC2, STS, and what publishing a disk needs beside them: blocks of EBS, S3, the parameter store, quotas. */
export const aws: RehearsedCloud<'aws', ReturnType<typeof awsResources>> = rehearsedCloud({
  id: 'aws',
  block: 0,
  domains: awsDomains,
  isHost: (host) => awsHost(host) !== undefined,
  environment: ({ endpoint, caFile, nothing }) => ({
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: '',
    AWS_CONFIG_FILE: nothing,
    AWS_SHARED_CREDENTIALS_FILE: nothing,
    AWS_CA_BUNDLE: caFile,
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_REGION: 'us-west-2',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: endpoint,
    // Packer's pause between two looks; what it waits for takes a second or two here.
    AWS_POLL_DELAY_SECONDS: '1',
  }),
  own: [
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_EC2_METADATA_DISABLED',
  ],
  account: credentials.accessKeyId,
  accounts: /^AWS_/,
  emptyRecords,
  resources: awsResources,
  readPolicy,
  async load() {
    const [{ reconcile }, { awsStandIn }] = await Promise.all([import('./reconcile.ts'), import('./stand-in.ts')])
    return { reconcile, standIn: awsStandIn }
  },
})
