import type { Fault } from './faults.ts'

/** What a rehearsal was told to enforce and to fail; kept over a restart. */
export interface Settings {
  /** The text of an IAM policy document, and the file it came from. */
  policy: { readonly text: string; readonly file: string } | null
  faults: readonly Fault[]
}
