import { join } from 'node:path'
import { credentials } from './aws/signature.ts'
import { project } from './gcp/service-account.ts'

/** A base disk, and whether its image is offered here. */
export interface RehearsedBase {
  readonly cloud: 'aws' | 'gcp'
  readonly name: string
  readonly offered: boolean
  /** Where it comes from, or why it is not offered. */
  readonly note: string
  /** The file it is made into when it is first needed. */
  readonly disk?: string
}

/** A running rehearsal, as clients need to know it. */
export interface Rehearsal {
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
  /** Plain HTTP on loopback, for AWS_ENDPOINT_URL and `--endpoint-url`. */
  readonly endpoint: string
  /** A proxy on loopback (CONNECT and plain HTTP) that answers only vendors' host names and refuses (403) all else. */
  readonly proxy: string
  /** TLS on loopback: a certificate by SNI for any vendor host name, signed by the throw-away authority. */
  readonly tlsPort: number
  /** PEM file of the throw-away authority. */
  readonly caFile: string
  readonly bases: readonly RehearsedBase[]
  /**
   * For Packer and vendors' CLIs, over an environment without the user's own AWS_PROFILE and AWS_DEFAULT_PROFILE,
   * which would otherwise be looked for in the rehearsal's empty configuration.
   */
  readonly environment: Readonly<Record<string, string>>
}

/** What the daemon writes down once it listens. */
export interface DaemonFile {
  readonly pid: number
  readonly startedAt: string
  readonly code: string
  /** Opens the control route. */
  readonly token: string
  readonly port: number
  readonly tlsPort: number
  readonly caFile: string
  readonly bases: readonly RehearsedBase[]
}

const noProxy = '127.0.0.0/8,127.0.0.1,localhost,::1'

/** The rehearsal a daemon's own record stands for; `folder` is where it keeps its files. */
export function rehearsalOf(daemon: DaemonFile, folder: string): Rehearsal {
  const { pid, startedAt, port, tlsPort, caFile, bases } = daemon
  const endpoint = `http://127.0.0.1:${port}`
  const nothing = join(folder, 'no-configuration')
  const gcpKey = join(folder, 'gcp-key.json')
  return {
    pid,
    startedAt,
    endpoint,
    proxy: endpoint,
    tlsPort,
    caFile,
    bases,
    environment: {
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
      GOOGLE_APPLICATION_CREDENTIALS: gcpKey,
      GOOGLE_CLOUD_PROJECT: project,
      CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: gcpKey,
      CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE: caFile,
      REQUESTS_CA_BUNDLE: caFile,
      // Packer's pause between two looks; what it waits for takes a second or two here.
      AWS_POLL_DELAY_SECONDS: '1',
      HTTPS_PROXY: endpoint,
      HTTP_PROXY: endpoint,
      https_proxy: endpoint,
      http_proxy: endpoint,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      SSL_CERT_FILE: caFile,
    },
  }
}
