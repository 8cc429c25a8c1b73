import type { Publish } from '../cloud.ts'
import type { OciApi } from './port.ts'
import { sweepRun } from './sweep.ts'

/** An image stays in its region and its compartment, whose policies say who reads it: nothing of it is declared. */
export function ociPublish(api: OciApi): Publish {
  return {
    sweepRun: (marks) => sweepRun(api, marks),
    plan: () => ({ copies: [], settings: [] }),
  }
}
