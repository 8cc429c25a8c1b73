import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { alibabaDomains, alibabaHost, bucketHost } from './places.ts'
import { readRamPolicy } from './ram-policy.ts'
import { emptyRecords } from './records.ts'
import { alibabaResources } from './resources.ts'
import { credentials } from './signature.ts'

/** ECS, VPC, STS, RAM, OSS and the location service. */
export const alibaba: RehearsedCloud<'alibaba', ReturnType<typeof alibabaResources>> = rehearsedCloud({
  id: 'alibaba',
  block: 180,
  domains: alibabaDomains,
  isHost: (host) => alibabaHost(host) !== undefined || bucketHost(host) !== undefined,
  environment: () => ({
    ALIBABA_CLOUD_ACCESS_KEY_ID: credentials.id,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: credentials.secret,
    // The builder reads it by itself.
    SECURITY_TOKEN: '',
  }),
  own: ['ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
  account: credentials.id,
  accounts: /^(ALICLOUD_|ALIBABA_CLOUD_|SECURITY_TOKEN$)/,
  emptyRecords,
  resources: alibabaResources,
  readPolicy: readRamPolicy,
  async load() {
    const [{ reconcile }, { alibabaStandIn }] = await Promise.all([import('./reconcile.ts'), import('./stand-in.ts')])
    return { reconcile, standIn: alibabaStandIn }
  },
})
