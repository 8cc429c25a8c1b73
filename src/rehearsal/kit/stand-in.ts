import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DiskOptions, type Disks, openDisks } from './disks.ts'
import type { Fault } from './faults.ts'
import type { Answer, Request, Responder } from './front.ts'
import type { JournalEntry } from './journal.ts'
import type { Base, Machines } from './machines.ts'
import type { MetadataSockets } from './metadata-sockets.ts'
import { openStore, readStore } from './store.ts'

/** A base disk that may be offered as a stock image, and whether it can be made here. */
export type Stock = Pick<Base, 'name' | 'arch'> & { readonly offered: boolean }

/** The real things under every stand-in, and what the daemon tells it. */
export interface Ground extends Pick<DiskOptions, 'copyDisk' | 'base'> {
  readonly stock: readonly Stock[]
  readonly machines: Machines
  readonly sockets: MetadataSockets
  /** The first two numbers of the loopback addresses that stand for public ones, for example `127.77`. */
  readonly loopback: string
  /** Epoch milliseconds. */
  readonly now: () => number
  /** The document that `--policy` gave last. */
  readonly policy: () => PolicyDocument | null
  readonly faults: () => readonly Fault[]
  readonly journal: (entry: JournalEntry) => void
  readonly tell: (line: string) => void
}

/** A document that says what is allowed, and the file it came from. */
export interface PolicyDocument {
  /** As it was parsed from JSON. */
  readonly value: unknown
  readonly file: string
}

/** Everything the operations of a stand-in work on. */
export interface World<Records> extends Pick<Ground, 'stock' | 'machines' | 'sockets'> {
  readonly records: Records
  /** The first three numbers of the loopback addresses that stand for this cloud's public ones, for example `127.77.200`. */
  readonly loopback: string
  readonly disks: Disks
  /** Writes the records; what was saved survives kill -9. */
  save(): void
}

export interface StandInOptions<Records, Policy> extends Pick<Ground, 'now' | 'faults' | 'journal' | 'tell'> {
  readonly world: World<Records>
  /** What is allowed at this moment; undefined stands for everything. */
  readonly policy: () => Policy | undefined
  /** Where the throw-away credentials are. */
  readonly folder: string
}

/** Where a rehearsal answers, as clients need to know it. */
export interface Place {
  /** Where the cloud keeps its own, throw-away credentials among them. */
  readonly folder: string
  /** Plain HTTP on loopback. */
  readonly endpoint: string
  /** PEM file of the throw-away authority. */
  readonly caFile: string
  /** An empty file, for what must not be the user's own. */
  readonly nothing: string
}

/** One cloud's part of the rehearsal, as its folder defines it. */
export interface Definition<Id extends string, Records, Resources, Policy> {
  readonly id: Id
  /** The third number of the loopback addresses that stand for its public ones: each cloud has another. */
  readonly block: number
  /** The domains its host names are in. */
  readonly domains: readonly string[]
  /** True for the host names it answers for. */
  isHost(host: string): boolean
  /** True for requests whose body is taken as it comes, being of any size. Default: none. */
  streams?(head: Pick<Request, 'method' | 'host' | 'path'>): boolean
  /** Variables that lead Packer and the vendor's clients to the rehearsal with its throw-away credentials. */
  environment(place: Place): Readonly<Record<string, string>>
  /** Those of them that are credentials, or name places: the only ones that Sindri's own process is given as well. */
  readonly own: readonly string[]
  /** What the throw-away account is called: the id of its key, of its user or of its application. */
  readonly account: string
  /** The user's variables that would lead to a real account. */
  readonly accounts: RegExp
  emptyRecords(): Records
  /** What the records say the account holds. */
  resources(records: Records, now: number): Resources
  /** Reads what is allowed; undefined when the document (parsed JSON) is not in this cloud's language. @throws SindriError `usage` */
  readPolicy(value: unknown, file: string): Policy | undefined
  /** The part that only the daemon needs. */
  load(): Promise<{
    /** Brings machines and files in line with the records, after a restart or a crash at any moment. */
    reconcile(world: World<Records>, now: number, tell: (line: string) => void): Promise<void>
    standIn(options: StandInOptions<Records, Policy>): (request: Request) => Promise<Answer | undefined>
  }>
}

/** A cloud that is rehearsed. `home` is the folder of the rehearsal. */
export interface RehearsedCloud<Id extends string = string, Resources = unknown>
  extends Pick<
    Definition<Id, unknown, Resources, unknown>,
    'id' | 'block' | 'domains' | 'isHost' | 'environment' | 'own' | 'account' | 'accounts'
  > {
  streams(head: Pick<Request, 'method' | 'host' | 'path'>): boolean
  /** True when the document is in this cloud's language. @throws SindriError `usage` when it is, and malformed */
  takesPolicy(document: PolicyDocument): boolean
  /** What the cloud holds, also while no daemon runs; undefined before the first. */
  resources(home: string, now: number): Resources | undefined
  /** Opens the account; what it held before a crash is there again. */
  open(home: string, ground: Ground): Promise<Responder>
}

/** The folder a cloud keeps its own in. */
export function cloudFolder(home: string, id: string): string {
  return join(home, id)
}

/** Makes a cloud of its definition: each has a folder of its own with its records and its disks. */
export function rehearsedCloud<Id extends string, Records, Resources, Policy>(
  definition: Definition<Id, Records, Resources, Policy>,
): RehearsedCloud<Id, Resources> {
  const { id, block, domains, own, account, accounts } = definition
  const recordsFile = (home: string): string => join(cloudFolder(home, id), 'records.json')
  return {
    ...{ id, block, domains, own, account, accounts },
    isHost: (host) => definition.isHost(host),
    streams: (head) => definition.streams?.(head) === true,
    environment: (place) => definition.environment(place),
    takesPolicy: (document) => definition.readPolicy(document.value, document.file) !== undefined,
    resources(home, now) {
      const records = readStore<Records>(recordsFile(home))
      return records && definition.resources(records, now)
    },
    async open(home, ground) {
      const { copyDisk, base, stock, machines, sockets, now, faults, journal, tell } = ground
      const folder = cloudFolder(home, id)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const { value: records, save } = openStore<Records>(recordsFile(home), definition.emptyRecords())
      const disks = await openDisks({ folder: join(folder, 'disks'), copyDisk, base })
      const loopback = `${ground.loopback}.${block}`
      const world = { records, stock, machines, disks, sockets, loopback, save }
      const { reconcile, standIn } = await definition.load()
      await reconcile(world, now(), tell)
      const policy = (): Policy | undefined => {
        const document = ground.policy()
        return document === null ? undefined : definition.readPolicy(document.value, document.file)
      }
      return standIn({ world, policy, folder, now, faults, journal, tell })
    },
  }
}
