export type Kind = 'file' | 'directory' | 'symlink' | 'character-device' | 'block-device' | 'fifo' | 'socket'

/** When something was changed, in milliseconds since 1970 with a fraction; what a file system does not keep is absent. */
export interface Times {
  readonly modified: number
  readonly accessed?: number
  /** Of the inode. */
  readonly changed?: number
  readonly created?: number
}

/** A file, directory or other thing in a volume, whatever its names are. Read only. */
export interface Node {
  /** The same for all names of one thing, and for no other thing of the volume. */
  readonly id: number | string
  readonly kind: Kind
  /** Permissions with setuid, setgid and sticky bit: 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  /** How many names it has. */
  readonly links: number
  readonly times: Times
  /** Of a character or block device. */
  readonly device?: { readonly major: number; readonly minor: number }
  /**
   * What a directory holds, in the order it is stored, without `.` and `..`.
   * @throws SindriError `failed` when the directory is broken, after what came before that
   */
  entries(): AsyncIterable<Entry>
  /** Where a symlink points. @throws SindriError `failed` */
  target(): Promise<string>
  /**
   * Fills `into` with a file's bytes from `offset` on; returns how many there were. Holes are zeros.
   * @throws SindriError `failed` when they cannot be read
   */
  read(offset: number, into: Uint8Array): Promise<number>
  /**
   * Extended attributes as Linux gives them: `security.capability`, `system.posix_acl_access`, `user.…`; `undefined`
   * where they cannot be told. @throws SindriError `failed`
   */
  attributes(): Promise<ReadonlyMap<string, Buffer> | undefined>
}

/** One name in a directory. */
export interface Entry {
  /** As `nameOf` makes it. */
  readonly name: string
  /** @throws SindriError `failed` when what it names cannot be read */
  open(): Promise<Node>
}

/** A file system, or what can be read like one. */
export interface Volume {
  /** `ext4`, `fat32`, … */
  readonly type: string
  readonly label: string
  readonly uuid?: string
  /** Names that differ only in upper and lower case are the same, as on FAT. */
  readonly foldsCase: boolean
  readonly sizeBytes: number
  /** `undefined` where telling it would take long. */
  readonly usedBytes: number | undefined
  /** What is not as it should be, though it can be read: one sentence each. */
  readonly findings: readonly string[]
  /** @throws SindriError `failed` */
  root(): Promise<Node>
}
