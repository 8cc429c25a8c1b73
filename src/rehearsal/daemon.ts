import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { pid } from 'node:process'
import type { World } from './aws/call.ts'
import { type Policy, parsePolicy } from './aws/policy.ts'
import { reconcile } from './aws/reconcile.ts'
import { type AwsRecords, emptyRecords } from './aws/records.ts'
import { awsStandIn } from './aws/stand-in.ts'
import { codeStamp } from './code-stamp.ts'
import { controlPath } from './control.ts'
import type { World as GcpWorld } from './gcp/call.ts'
import { isGcpHost } from './gcp/places.ts'
import { reconcile as reconcileGcp } from './gcp/reconcile.ts'
import { emptyRecords as emptyGcpRecords, type GcpRecords } from './gcp/records.ts'
import { parseRole, type Role } from './gcp/role.ts'
import { openServiceAccount } from './gcp/service-account.ts'
import { gcpStandIn } from './gcp/stand-in.ts'
import { openAuthority } from './kit/authority.ts'
import { type DiskOptions, openDisks } from './kit/disks.ts'
import { type Answer, openFront, type Request } from './kit/front.ts'
import { type JournalEntry, record } from './kit/journal.ts'
import type { Base, Machines } from './kit/machines.ts'
import { openMetadataSockets } from './kit/metadata-sockets.ts'
import type { Settings } from './kit/settings.ts'
import { openStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'
import { type DaemonFile, type Rehearsal, type RehearsedBase, rehearsalOf } from './rehearsal.ts'
import { isVendorHost, vendorDomains } from './vendor-hosts.ts'

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
  const records = openStore<AwsRecords>(files.records, emptyRecords())
  const settings = openStore<Settings>(files.settings, { policy: null, faults: [], ports: { port: 0, tlsPort: 0 } })
  const sockets = openMetadataSockets(files.sockets)
  const world: World = {
    records: records.value,
    stock: ground.bases,
    machines: ground.machines,
    disks: await openDisks({ folder: files.disks, copyDisk: ground.copyDisk, base: ground.base }),
    sockets,
    loopback: loopbackOf(places.home),
    save: records.save,
  }
  const gcpRecords = openStore<GcpRecords>(files.gcpRecords, emptyGcpRecords())
  const gcpWorld: GcpWorld = {
    ...world,
    records: gcpRecords.value,
    disks: await openDisks({ folder: files.gcpDisks, copyDisk: ground.copyDisk, base: ground.base }),
    save: gcpRecords.save,
  }
  await reconcile(world, now(), tell)
  await reconcileGcp(gcpWorld, now(), tell)

  let policy: Policy | undefined
  let role: Role | undefined
  function applySettings(): void {
    const asked = settings.value.policy
    role = asked === null ? undefined : parseRole(asked.text, asked.file)
    policy = asked === null || role !== undefined ? undefined : parsePolicy(asked.text, asked.file)
  }
  applySettings()

  const common = {
    now,
    tell,
    faults: () => settings.value.faults,
    journal: (entry: JournalEntry) => record(files.journal, entry),
  }
  const aws = awsStandIn({ ...common, world, policy: () => policy })
  const account = openServiceAccount(files.gcpKey)
  const gcp = gcpStandIn({ ...common, world: gcpWorld, account, role: () => role })

  const token = randomBytes(24).toString('hex')
  function control(request: Request): Answer {
    if (!same(request.headers.authorization ?? '', `Bearer ${token}`)) return json(403, { error: 'wrong token' })
    if (request.path === `${controlPath}settings`) {
      Object.assign(settings.value, JSON.parse(request.body.toString('utf8')))
      applySettings()
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
    async respond(request) {
      if (request.path.startsWith(controlPath)) return control(request)
      return isGcpHost(request.host) ? gcp(request) : aws(request)
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
    bases: (['aws', 'gcp'] as const).flatMap((cloud) =>
      ground.bases.map(({ arch: _, ...base }) => ({ cloud, ...base })),
    ),
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
