/** What a stand-in asks of whatever really runs its instances. Stand-ins know no backend; backends know no cloud. */

/** A machine identity, as firmware would tell it (the files of /sys/class/dmi/id). */
export type Firmware = Readonly<Record<string, string>>

export interface MachineSpec {
  /** Unique and stable, e.g. `i-0abc…`; also the name of the machine's folder. */
  readonly id: string
  /** The machine's own raw disk (GPT, root file system on the last partition). The machine writes to it. */
  readonly disk: string
  readonly hostname: string
  readonly mac: string
  /** The address on the machine's own interface, e.g. `172.31.16.7/20`. */
  readonly privateAddress: string
  /** A loopback address of the host (127.0.0.0/8) whose port 22 leads to the machine's port 22. */
  readonly publicAddress: string
  readonly firmware: Firmware
  /** Where the metadata service answers inside the machine, e.g. `169.254.169.254:80`; each connection is handed to `metadataSocket`. */
  readonly metadataAddress: string
  /** A unix socket of the stand-in, one per machine, so that the machine's identity never depends on an address. */
  readonly metadataSocket: string
  /** Host names of the metadata service, where a cloud has some. */
  readonly metadataNames?: readonly string[]
  /** What the images of this cloud tell cloud-init, over what the base disk (made like EC2's) says. */
  readonly cloudInit?: Readonly<Record<string, unknown>>
  /** True where the images' datasource is found only in cloud-init's stage before the network. */
  readonly localStage?: boolean
  /** Files by absolute path that are there before it boots, where a cloud gives some on a medium. */
  readonly files?: Readonly<Record<string, string>>
  readonly memoryMiB: number
}

export interface Machines {
  readonly kind: 'namespaces' | 'qemu'
  /** Resolves when the machine has been started (not when it has booted); safe to call again for a running machine. */
  start(spec: MachineSpec): Promise<void>
  /** Stops it and leaves the disk consistent; safe to call for one that is gone. */
  stop(id: string): Promise<void>
  running(id: string): Promise<boolean>
  /** What the machine printed so far. */
  console(id: string): Promise<string>
}

/** A base disk that can really be made on this machine. */
export interface Base {
  readonly name: 'debian-12' | 'ubuntu-22.04' | 'ubuntu-24.04'
  readonly arch: 'x86_64' | 'arm64'
  /** The raw disk file, read-only; copied sparsely for each machine. */
  readonly disk: string
  readonly sizeGiB: number
}
