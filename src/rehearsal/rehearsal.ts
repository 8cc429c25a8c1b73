import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
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
  /** Variables that lead Packer and vendors' clients here, with throw-away credentials. */
  readonly environment: Readonly<Record<string, string>>
  /**
   * The environment of a process that rehearses: of Sindri itself, which reaches production endpoints by the dial, or of
   * Packer and others. The throw-away credentials are in it in place of the user's, except where the user's name the
   * throw-away account: those are taken as they are, right or wrong.
   */
  over(user: Variables, whose: 'sindri' | 'others'): Variables
}

type Variables = Readonly<Record<string, string | undefined>>

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
  const environments = allRehearsed.map((cloud) => ({
    ...cloud,
    variables: cloud.environment({ ...place, folder: cloudFolder(folder, cloud.id) }),
  }))
  const common = {
    REQUESTS_CA_BUNDLE: caFile,
    SSL_CERT_FILE: caFile,
    HTTPS_PROXY: endpoint,
    HTTP_PROXY: endpoint,
    https_proxy: endpoint,
    http_proxy: endpoint,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  }
  return {
    pid,
    startedAt,
    endpoint,
    proxy: endpoint,
    tlsPort,
    caFile,
    bases,
    environment: { ...Object.assign({}, ...environments.map(({ variables }) => variables)), ...common },
    over(user, whose) {
      const environment: Record<string, string | undefined> = { ...user, ...(whose === 'others' && common) }
      for (const { account, accounts, own, variables } of environments) {
        const theirs = Object.entries(user).filter(([name]) => accounts.test(name))
        const named = theirs.some(([, value]) => namesAccount(value, account))
        if (!named) for (const [name] of theirs) delete environment[name]
        for (const [name, value] of Object.entries(variables)) {
          if (whose === 'sindri' && !own.includes(name)) continue
          // A project or a region of the user's own choice is none of the account's business.
          if (!accounts.test(name)) environment[name] ??= value
          else if (!named || !own.includes(name)) environment[name] = value
        }
      }
      return environment
    },
  }
}

const largestKeyFile = 64 * 1024

/** True for the account's own name, and for the path of a file with that name in it. */
function namesAccount(value: string | undefined, account: string): boolean {
  if (value === account) return true
  if (value === undefined || !isAbsolute(value)) return false
  const file = statSync(value, { throwIfNoEntry: false })
  return file?.isFile() === true && file.size <= largestKeyFile && readFileSync(value, 'utf8').includes(account)
}
