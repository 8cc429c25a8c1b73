import type { Fault } from './faults.ts'

/** What a rehearsal was told to enforce and to fail; kept over a restart. */
export interface Settings {
  /** The text of an IAM policy document, and the file it came from. */
  policy: { readonly text: string; readonly file: string } | null
  faults: readonly Fault[]
  /** Where the daemon listened last: after a restart clients find it there again, if the ports are still free. */
  ports: { readonly port: number; readonly tlsPort: number }
}
