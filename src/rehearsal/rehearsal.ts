import { join } from 'node:path'
import { allRehearsed } from './clouds.ts'
import { cloudFolder } from './kit/stand-in.ts'

/** A base disk, and whether its image is offered here. */
export interface RehearsedBase {
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
  /** For Packer and vendors' command lines, over an environment without the variables that `isAccount` tells of. */
  readonly environment: Readonly<Record<string, string>>
  /** Those of them that Sindri's own process is given: it reaches production endpoints by the dial. */
  readonly own: Readonly<Record<string, string>>
  /** True for a variable of the user's that would lead to a real account. */
  isAccount(variable: string): boolean
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
  const place = { endpoint, caFile, nothing: join(folder, 'no-configuration') }
  const clouds = allRehearsed.map((cloud) => ({
    ...cloud,
    variables: cloud.environment({ ...place, folder: cloudFolder(folder, cloud.id) }),
  }))
  const own = clouds.flatMap(({ own, variables }) => Object.entries(variables).filter(([name]) => own.includes(name)))
  return {
    pid,
    startedAt,
    endpoint,
    proxy: endpoint,
    tlsPort,
    caFile,
    bases,
    environment: {
      ...Object.assign({}, ...clouds.map(({ variables }) => variables)),
      REQUESTS_CA_BUNDLE: caFile,
      SSL_CERT_FILE: caFile,
      HTTPS_PROXY: endpoint,
      HTTP_PROXY: endpoint,
      https_proxy: endpoint,
      http_proxy: endpoint,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    },
    own: Object.fromEntries(own),
    isAccount: (variable) => clouds.some(({ accounts }) => accounts.test(variable)),
  }
}
