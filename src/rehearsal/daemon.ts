import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { pid } from 'node:process'
import { allRehearsed, cloudOfHost, isVendorHost, rehearsedClouds, vendorDomains } from './clouds.ts'
import { codeStamp } from './code-stamp.ts'
import { controlPath } from './control.ts'
import { openAuthority } from './kit/authority.ts'
import type { DiskOptions } from './kit/disks.ts'
import { type Answer, openFront, type Request, type Responder } from './kit/front.ts'
import { record } from './kit/journal.ts'
import type { Base, Machines } from './kit/machines.ts'
import { openMetadataSockets } from './kit/metadata-sockets.ts'
import type { Settings } from './kit/settings.ts'
import type { Ground as StandInGround } from './kit/stand-in.ts'
import { openStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'
import { type DaemonFile, type Rehearsal, type RehearsedBase, rehearsalOf } from './rehearsal.ts'

/** The real things under the stand-ins. */
export interface Ground extends Pick<DiskOptions, 'copyDisk' | 'base'> {
  readonly machines: Machines
  readonly bases: readonly (Pick<Base, 'name' | 'arch'> & Pick<RehearsedBase, 'offered' | 'note' | 'disk'>)[]
}

export interface DaemonOptions {
  readonly places: Places
  readonly ground: Ground
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly tell: (line: string) => void
  /** Called when a client asks the daemon to end. */
  readonly onDown: () => void
}

/** An open rehearsal in this process. */
export interface Daemon {
  readonly rehearsal: Rehearsal
  /** Stops answering. Machines keep running: the next daemon takes them over. */
  close(): Promise<void>
}

function loopbackOf(home: string): string {
  // Two rehearsals on one machine shall not share addresses; 127.0 and 127.1 are often used by others.
  const sum = [...Buffer.from(home)].reduce((total, byte) => (total * 31 + byte) % 200, 7)
  return `127.${sum + 16}`
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** Opens stores, stand-ins and doors; resolves when clients can connect. */
export async function openDaemon({ places, ground, now, tell, onDown }: DaemonOptions): Promise<Daemon> {
  const files = filesOf(places)
  mkdirSync(files.folder, { recursive: true, mode: 0o700 })
  const settings = openStore<Settings>(files.settings, { policy: null, faults: [], ports: { port: 0, tlsPort: 0 } })
  const sockets = openMetadataSockets(files.sockets)
  const { bases: stock, machines, copyDisk, base } = ground
  const standInGround: StandInGround = {
    ...{ stock, machines, copyDisk, base, sockets, now, tell },
    loopback: loopbackOf(places.home),
    policy: () => settings.value.policy,
    faults: () => settings.value.faults,
    journal: (entry) => record(files.journal, entry),
  }
  const responders = new Map<string, Responder>()
  for (const cloud of allRehearsed) responders.set(cloud.id, await cloud.open(files.folder, standInGround))

  const token = randomBytes(24).toString('hex')
  function control(request: Request): Answer {
    if (!same(request.headers.authorization ?? '', `Bearer ${token}`)) return json(403, { error: 'wrong token' })
    if (request.path === `${controlPath}settings`) {
      Object.assign(settings.value, JSON.parse(request.body.toString('utf8')))
      settings.save()
    }
    // The answer is on its way before the doors close.
    if (request.path === `${controlPath}down`) setImmediate(onDown)
    return json(200, { running: true })
  }

  const authority = openAuthority({ folder: files.folder, domains: vendorDomains, now: now() })
  const front = await openFront({
    authority,
    ports: settings.value.ports,
    isVendorHost,
    streams: (head) => cloudOfHost(head.host)?.streams(head) === true,
    async respond(request) {
      if (request.path.startsWith(controlPath)) return control(request)
      // AWS's clients can be told an endpoint; the plain one is for them.
      const { id } = cloudOfHost(request.host) ?? rehearsedClouds.aws
      return responders.get(id)?.(request)
    },
  })
  settings.value.ports = { port: front.port, tlsPort: front.tlsPort }
  settings.save()
  const daemon: DaemonFile = {
    pid,
    startedAt: new Date(now()).toISOString(),
    code: codeStamp(),
    token,
    port: front.port,
    tlsPort: front.tlsPort,
    caFile: authority.caFile,
    bases: ground.bases.map(({ arch: _, ...base }) => base),
  }
  writeFileSync(`${files.folder}/no-configuration`, '', { mode: 0o600 })
  openStore(files.daemon, daemon).save()
  return {
    rehearsal: rehearsalOf(daemon, files.folder),
    close: async () => {
      rmSync(files.daemon, { force: true })
      await front.close()
      await sockets.closeAll()
    },
  }
}
