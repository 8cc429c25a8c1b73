import type { Got, Step } from './step.ts'

/** One mutable property that is declared and reconciled: read, compared with `want`, written only when it differs. */
export interface Setting {
  readonly id: string
  readonly title: string
  readonly after: readonly Step<unknown>[]
  /** The wanted value in canonical text, as a person reads it. */
  readonly want: string
  /** The present value in the same canonical text. */
  read(got: Got): Promise<string>
  /** Makes the property what `want` says, whatever it was. */
  write(got: Got): Promise<void>
}
