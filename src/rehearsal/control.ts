import { readStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'
import type { DaemonFile } from './rehearsal.ts'

/** Where the daemon takes orders, beside the clouds it answers for. */
export const controlPath = '/sindri-rehearsal/'

const deadlineMs = 5_000

/** Sends the daemon an order; false when it does not answer or does not accept it. */
export async function control(daemon: DaemonFile, route: string, body: unknown): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${daemon.port}${controlPath}${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${daemon.token}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    })
    return response.ok
  } catch {
    return false
  }
}

/** The daemon that answers for these places; undefined when none does, whatever files a crash left. */
export async function runningDaemon(places: Places): Promise<DaemonFile | undefined> {
  const daemon = readStore<DaemonFile>(filesOf(places).daemon)
  return daemon !== undefined && (await control(daemon, 'ping', {})) ? daemon : undefined
}

/** Asks the daemon to end; true when it heard. */
export function askDown(daemon: DaemonFile): Promise<boolean> {
  return control(daemon, 'down', {})
}
