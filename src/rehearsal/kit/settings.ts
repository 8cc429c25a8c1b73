import type { Fault } from './faults.ts'
import type { PolicyDocument } from './stand-in.ts'

/** What a rehearsal was told to enforce and to fail; kept over a restart. */
export interface Settings {
  policy: PolicyDocument | null
  faults: readonly Fault[]
  /** Where the daemon listened last: after a restart clients find it there again, if the ports are still free. */
  ports: { readonly port: number; readonly tlsPort: number }
}
