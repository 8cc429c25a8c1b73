import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { account, accountEnvironment } from './account.ts'
import { domain, identityHost, imagesHost } from './places.ts'
import { emptyRecords } from './records.ts'
import { openstackResources } from './resources.ts'

/** Keystone, and a Glance in each of two regions. */
export const openstack: RehearsedCloud<'openstack', ReturnType<typeof openstackResources>> = rehearsedCloud({
  id: 'openstack',
  block: 240,
  domains: [domain],
  isHost: (host) => host === identityHost || host === imagesHost,
  streams: ({ method, path }) => method === 'PUT' && /\/(file|stage)$/.test(path),
  environment: ({ folder }) => accountEnvironment(folder),
  own: ['OS_CLOUD', 'OS_CLIENT_CONFIG_FILE', 'SINDRI_OPENSTACK_CLOUD'],
  account,
  accounts: /^(OS_|SINDRI_OPENSTACK_CLOUD$)/,
  emptyRecords,
  resources: openstackResources,
  // OpenStack has roles, and no documents that say what is allowed.
  readPolicy: () => undefined,
  async load() {
    const [{ reconcile }, { openAccounts }, { openstackStandIn }] = await Promise.all([
      import('./reconcile.ts'),
      import('./account.ts'),
      import('./stand-in.ts'),
    ])
    return {
      reconcile,
      standIn: (options) => openstackStandIn({ ...options, accounts: openAccounts(options.folder) }),
    }
  },
})
