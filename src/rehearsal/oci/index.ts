import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { apiKeyEnvironment, user } from './api-key.ts'
import { emptyRecords } from './records.ts'
import { ociDomains, placeOfHost } from './regions.ts'
import { ociResources } from './resources.ts'
import { readStatements } from './statements.ts'

/** Where a config that names no place is rehearsed, in the region of the throw-away configuration. */
const place = {
  OCI_COMPARTMENT_OCID: 'ocid1.compartment.oc1..aaaaaaaarehearsed',
  OCI_AVAILABILITY_DOMAIN: 'Uocm:PHX-AD-1',
  OCI_SUBNET_OCID: 'ocid1.subnet.oc1.phx.aaaaaaaarehearsed',
}

/** The Core Services and Identity. */
export const oci: RehearsedCloud<'oci', ReturnType<typeof ociResources>> = rehearsedCloud({
  id: 'oci',
  block: 220,
  domains: ociDomains,
  isHost: (host) => placeOfHost(host) !== undefined,
  environment: ({ folder }) => ({ ...apiKeyEnvironment(folder), ...place }),
  own: [
    'OCI_CLI_CONFIG_FILE',
    'OCI_CLI_USER',
    'OCI_CLI_TENANCY',
    'OCI_CLI_FINGERPRINT',
    'OCI_CLI_KEY_FILE',
    ...Object.keys(place),
  ],
  account: user,
  // Regions, and the places that a config takes from the environment, are names and open nothing.
  accounts: /^OCI_(?!CLI_REGION$|REGION$|COMPARTMENT_OCID$|AVAILABILITY_DOMAIN$|SUBNET_OCID$)/,
  emptyRecords,
  resources: ociResources,
  readPolicy: readStatements,
  async load() {
    const [{ reconcile }, { openApiKey }, { ociStandIn }] = await Promise.all([
      import('./reconcile.ts'),
      import('./api-key.ts'),
      import('./stand-in.ts'),
    ])
    return {
      reconcile,
      standIn: (options) => ociStandIn({ ...options, key: openApiKey(options.folder) }),
    }
  },
})
