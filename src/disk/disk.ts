/** How a disk is written down. `vhd` is of fixed size or dynamic, `vmdk` sparse or streamOptimized. */
export type DiskFormat = 'raw' | 'qcow2' | 'vhd' | 'vmdk' | 'tar.gz'

/** A run of bytes that a disk holds. Between runs there are only zeros; within one there may be zeros too. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

/** A disk as a machine would see it, whatever it is written down in. Read only. */
export interface Disk {
  readonly format: DiskFormat
  /** The size the machine sees, which may be no multiple of anything. */
  readonly sizeBytes: number
  /** What is to be read, in the order of offsets; runs neither overlap nor touch. */
  readonly extents: readonly Extent[]
  /**
   * Fills `into` with the bytes from `offset` on; bytes outside extents are zeros.
   * @throws SindriError `failed` when the file lies about what it holds; RangeError beyond the end
   */
  read(offset: number, into: Uint8Array): Promise<void>
  close(): Promise<void>
}

/** Where the bytes of a disk's file are: a local file, or an object that can be read in ranges. */
export interface Bytes {
  readonly sizeBytes: number
  /** What is to be read, where the place can tell; one run over everything where it cannot. */
  extents(): Promise<readonly Extent[]>
  /** Fills `into` with the bytes from `offset` on. @throws RangeError beyond the end */
  read(offset: number, into: Uint8Array): Promise<void>
  close(): Promise<void>
}
