import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect } from 'node:net'
import { vi } from 'vitest'
import type { Answer, Request } from '../../src/rehearsal/kit/front.ts'
import { freePort } from './free-port.ts'

/** A server that is not ours, on loopback. */
export interface OtherServer {
  readonly port: number
  /** Ends it and waits until it has ended. */
  close(): Promise<void>
}

/**
 * Starts a program that serves on the port it is told, and resolves when that takes connections.
 * @param environment variables besides those of this process
 */
export async function startServer(
  program: string,
  words: (port: number) => readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<OtherServer> {
  const port = await freePort()
  const child = spawn(program, words(port), { stdio: 'ignore', env: { ...process.env, ...environment } })
  try {
    await vi.waitFor(() => connects(port, child), { timeout: 240_000, interval: 100 })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    port,
    async close() {
      const ended = once(child, 'exit')
      if (child.kill()) await ended
    },
  }
}

async function connects(port: number, child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

/** Headers that belong to a connection and not to what is said over it. */
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect']

/**
 * Passes a request on to a port of loopback, with the host it was for, and its answer back: without a change.
 * @param tls whether that port speaks TLS, with a certificate this process trusts
 */
export async function passOn(request: Request, { port, tls }: { port: number; tls: boolean }): Promise<Answer> {
  const { method, host, target, body } = request
  const own = Object.entries(request.headers).filter(([name]) => !ofConnection.includes(name))
  const headers = { ...Object.fromEntries(own), ...(method !== 'GET' && { 'content-length': body.length }) }
  const options = { host: '127.0.0.1', port, method, path: target, headers }
  const sent = tls ? tlsRequest({ ...options, servername: host }) : plainRequest(options)
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  sent.on('error', reject).on('response', (message) => {
    const chunks: Buffer[] = []
    message.on('error', reject)
    message.on('data', (chunk: Buffer) => chunks.push(chunk))
    message.on('end', () => {
      // To HEAD the length is that of what is not sent.
      const kept = Object.entries(message.headers).filter(
        ([name]) => !ofConnection.includes(name) || (name === 'content-length' && method === 'HEAD'),
      )
      const told = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
      resolve({ status: message.statusCode ?? 500, headers: told, body: Buffer.concat(chunks) })
    })
  })
  sent.end(body)
  return promise
}
