import { run } from './run.ts'

/** One suite of a mirror, as this machine's own apt knows it. */
export interface Mirror {
  /** The root of its archive, with a slash at the end. */
  readonly uri: string
  readonly suite: string
  readonly component: string
  /** Who signed it, for example `Debian` or `Ubuntu`. */
  readonly origin: string
}

/**
 * The mirrors this machine's own apt is set up with and has package lists of; empty where there is no apt. Asking apt
 * itself means that every way to write its sources is understood, and that the origin is the signed one.
 */
export async function aptMirrors(): Promise<readonly Mirror[]> {
  const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)'
  const printed = await run('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']).catch(() => '')
  // An address with a password in it must not get into an image.
  const lines = new Set(printed.split('\n').filter((line) => /^https?:[^@|]*\|/.test(line)))
  return [...lines].map((line) => {
    const [uri = '', suite = '', component = '', origin = ''] = line.split('|')
    return { uri, suite, component, origin }
  })
}

/** What this machine's apt is told about reaching mirrors. */
export interface AptSettings {
  /** Proxy per scheme; may hold a password. */
  readonly proxies: Readonly<Record<'http' | 'https', URL | undefined>>
  /** Lines of apt.conf that say how old a mirror's lists may be. */
  readonly age: string
}

/** The part of this machine's apt configuration that decides whether its mirrors can be used. */
export async function aptSettings(): Promise<AptSettings> {
  const dump = await run('apt-config', ['dump']).catch(() => '')
  const setting = (key: string) =>
    dump
      .split('\n')
      .find((line) => line.toLowerCase().startsWith(`${key.toLowerCase()} `))
      ?.replace(/^\S+ "(.*)";$/, '$1')
  const proxy = (scheme: string) => {
    const value = setting(`Acquire::${scheme}::Proxy`)
    return value === undefined || value === '' || value === 'DIRECT' ? undefined : new URL(value)
  }
  const age = ['Acquire::Check-Valid-Until', 'Acquire::Check-Date']
    .filter((key) => setting(key) !== undefined)
    .map((key) => `${key} "${setting(key)}";\n`)
    .join('')
  const http = proxy('http')
  return { proxies: { http, https: proxy('https') ?? http }, age }
}

/**
 * The origins (scheme, host, port) of the Debian and Ubuntu mirrors of this machine's apt: the only places a machine can
 * reach. Other vendors' repositories are left out.
 */
export async function distributionMirrors(): Promise<readonly URL[]> {
  const known = (await aptMirrors()).filter(({ origin }) => origin === 'Debian' || origin === 'Ubuntu')
  const origins = new Set(known.map(({ uri }) => new URL(uri).origin))
  return [...origins].sort().map((origin) => new URL(origin))
}
