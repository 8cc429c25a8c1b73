import { readFileSync } from 'node:fs'
import { isIP, Socket } from 'node:net'
import { nextTick } from 'node:process'
import { setDefaultCACertificates, TLSSocket } from 'node:tls'
import { SindriError } from '../core/error.ts'
import { isVendorHost } from './clouds.ts'
import type { Rehearsal } from './rehearsal.ts'

interface Target {
  host?: string
  port?: number | string
  path?: string | null
  lookup?: unknown
  servername?: string
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) === 4 ? host.startsWith('127.') : host === '::1')
}

/** The options of any of the forms `Socket.connect` takes; Node itself passes them in a list. */
function targetOf(parameters: unknown[]): Target {
  const [first, second] = parameters
  if (Array.isArray(first)) return targetOf(first)
  if (typeof first === 'object' && first !== null) return first as Target // one of Node's own option objects
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first }
  return { port: Number(first), ...(typeof second === 'string' && { host: second }) }
}

function callbackOf(parameters: unknown[]): (() => void) | undefined {
  const list: unknown[] = Array.isArray(parameters[0]) ? parameters[0] : parameters
  return list.find((each): each is () => void => typeof each === 'function')
}

function refusal(host: string): SindriError {
  return new SindriError(
    'denied',
    `a rehearsal connects to nothing outside this machine, and something asked for ${host}`,
    {
      hint: 'Without --rehearse the same command reaches the real host.',
    },
  )
}

/**
 * From now on this process can connect only to loopback: vendors' host names lead to the rehearsal, under their own
 * names and with its throw-away authority trusted; every other host is refused. Holds for all TCP and TLS sockets of
 * the process, so every client runs with its production configuration. There is no way back.
 */
export function installDial(rehearsal: Pick<Rehearsal, 'endpoint' | 'tlsPort' | 'caFile'>): void {
  setDefaultCACertificates([readFileSync(rehearsal.caFile, 'utf8')])
  const plainPort = Number(new URL(rehearsal.endpoint).port)
  const connect = Socket.prototype.connect

  function dial(this: Socket, ...parameters: unknown[]): Socket {
    const target = targetOf(parameters)
    const host = target.host ?? 'localhost'
    if (target.path || isLoopback(host)) return Reflect.apply(connect, this, parameters)
    if (!isVendorHost(host)) {
      nextTick(() => this.destroy(refusal(host)))
      return this
    }
    const port = Number(target.port) === 80 ? plainPort : rehearsal.tlsPort
    // Node keeps a TLS socket's own options object and verifies the certificate against it: change that very object.
    const options = this instanceof TLSSocket ? target : { ...target }
    if (this instanceof TLSSocket) options.servername ??= host
    Object.assign(options, { host: '127.0.0.1', port })
    delete options.lookup
    const callback = callbackOf(parameters)
    return Reflect.apply(connect, this, callback === undefined ? [options] : [options, callback])
  }

  Socket.prototype.connect = dial
}
