/** A value with the version that the next conditional write must name. */
export interface Versioned {
  readonly value: string
  readonly version: string
}

/** Write only when absent, or only when still at this version. */
export type Condition = { readonly ifAbsent: true } | { readonly ifMatch: string }

/** A compare-and-swap key store: all that the engine needs to be safe with two runners. */
export interface Store {
  get(key: string): Promise<Versioned | undefined>
  /** The new version, or undefined when the condition did not hold; nothing is written then. */
  put(key: string, value: string, condition: Condition): Promise<string | undefined>
  /** Keys that begin with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>
  /** What time it is where the store is, in epoch milliseconds: leases go by it, since the clocks of runners differ. */
  now(): Promise<number>
  close(): void
}
