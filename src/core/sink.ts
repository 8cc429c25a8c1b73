/** How the place a disk goes to wants it written down; a VHD is one of fixed size. */
export type SentFormat = 'raw' | 'vhd' | 'qcow2' | 'vmdk' | 'tar.gz'

/** Where a step's bytes go. */
export type Sink = PartSink | StreamSink

/** Equal parts in any order, each stored once however often it is put. */
export interface PartSink {
  readonly kind: 'parts'
  readonly format: Extract<SentFormat, 'raw' | 'vhd' | 'qcow2'>
  /** Bytes of every part for a file of this size; the last part may be shorter. */
  partBytes(sizeBytes: number): number
  /** `skip` where a part of zeros need not be sent. */
  readonly zeros: 'skip' | 'send'
  /** The parts that the cloud tells it has. */
  stored(): Promise<ReadonlySet<number>>
  /**
   * Stores part `index` and checks what arrived. With `stored` an earlier run has done so: then it only takes note.
   * May be called again for the same part. Returns how many bytes were sent: fewer than there are where zeros in
   * between need not be. @throws SindriError `timeout` when it is worth another try
   */
  put(index: number, bytes: Uint8Array, stored: boolean): Promise<number>
  /** Every part is stored or is zeros: makes them one thing. Harmless when that was done before. */
  finish(sizeBytes: number): Promise<void>
}

/** One thing that takes its bytes in order. */
export interface StreamSink {
  readonly kind: 'stream'
  readonly format: Exclude<SentFormat, 'vhd'>
  /**
   * Stores all that `open` yields, and checks what arrived. May be called again: then it goes on behind what arrived, or
   * begins anew. Each call of `open` yields the same bytes from the beginning; a piece is good until the next is asked
   * for. Returns how many bytes were sent. @throws SindriError `timeout` when it is worth another try
   * @param sizeBytes of all; undefined where it shows only at the end
   */
  write(open: () => AsyncIterable<Uint8Array>, sizeBytes: number | undefined): Promise<number>
}

/** Which parts were stored, as far as was written down; what is missing here is only sent again. */
export interface PartRecord {
  read(): Promise<ReadonlySet<number>>
  write(stored: ReadonlySet<number>): Promise<void>
}

/** Brings all bytes to a sink and finishes it. `id` is the step's. */
export type Fill = (id: string, sink: Sink, record: PartRecord) => Promise<void>
