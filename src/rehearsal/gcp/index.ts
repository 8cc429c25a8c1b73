import { join } from 'node:path'
import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { email, gcpDomains, isGcpHost, project } from './places.ts'
import { emptyRecords } from './records.ts'
import { gcpResources } from './resources.ts'
import { readRole } from './role.ts'

const keyFile = 'key.json'

/** Compute Engine, its token service and the Resource Manager. */
export const gcp: RehearsedCloud<'gcp', ReturnType<typeof gcpResources>> = rehearsedCloud({
  id: 'gcp',
  block: 200,
  domains: gcpDomains,
  isHost: isGcpHost,
  environment: ({ folder, caFile }) => ({
    GOOGLE_APPLICATION_CREDENTIALS: join(folder, keyFile),
    GOOGLE_CLOUD_PROJECT: project,
    CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: join(folder, keyFile),
    CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: caFile,
  }),
  own: ['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT'],
  account: email,
  accounts: /^(GOOGLE_(?!CLOUD_PROJECT$)|GCLOUD_|CLOUDSDK_)/,
  emptyRecords,
  resources: gcpResources,
  readPolicy: readRole,
  async load() {
    const [{ reconcile }, { openServiceAccount }, { gcpStandIn }] = await Promise.all([
      import('./reconcile.ts'),
      import('./service-account.ts'),
      import('./stand-in.ts'),
    ])
    return {
      reconcile,
      standIn: (options) => gcpStandIn({ ...options, account: openServiceAccount(join(options.folder, keyFile)) }),
    }
  },
})
