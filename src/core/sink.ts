/** Where a step's bytes go: equal parts in any order, each stored once however often it is put. */
export interface Sink {
  /** Bytes of every part; the last may be shorter. */
  readonly partBytes: number
  /** `skip` where a part of zeros need not be sent. */
  readonly zeros: 'skip' | 'send'
  /** The parts that the cloud tells it has. */
  stored(): Promise<ReadonlySet<number>>
  /**
   * Stores part `index` and checks what arrived. With `stored` an earlier run has done so: then it only takes note.
   * May be called again for the same part. @throws SindriError `timeout` when it is worth another try
   */
  put(index: number, bytes: Uint8Array, stored: boolean): Promise<void>
  /** Every part is stored or is zeros: makes them one thing. Harmless when that was done before. */
  finish(): Promise<void>
}

/** Which parts were stored, as far as was written down; what is missing here is only sent again. */
export interface PartRecord {
  read(): Promise<ReadonlySet<number>>
  write(stored: ReadonlySet<number>): Promise<void>
}

/** Brings all bytes to a sink and finishes it. `id` is the step's. */
export type Fill = (id: string, sink: Sink, record: PartRecord) => Promise<void>
