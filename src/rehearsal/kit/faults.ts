import { SindriError } from '../../core/error.ts'

/** A failure to come: of which operation, before or after it acts, with which error, how many times. */
export interface Fault {
  readonly operation: string
  /** Only there, when given. */
  readonly region?: string
  readonly when: 'before' | 'after'
  /** The vendor's error code, or `Disconnect`: the connection breaks and the client never learns. */
  readonly code: string
  left: number
}

const pattern = /^([A-Za-z][A-Za-z0-9.]*)(?:@([A-Za-z0-9-]+))?:(before|after):([A-Za-z.]+)(?::(\d+))?$/

/** Reads `CopyImage:before:Throttling:2`, `RunInstances@us-west-2:after:Disconnect` and the like. */
export function parseFault(text: string): Fault {
  const [, operation, region, when, code, times] = pattern.exec(text) ?? []
  if (operation === undefined || code === undefined || (when !== 'before' && when !== 'after')) {
    throw new SindriError('usage', `'${text}' is not a fault`, {
      hint: 'Write Operation[@region]:before|after:ErrorCode[:times], for example CopyImage:before:Throttling:2, or RunInstances:after:Disconnect.',
    })
  }
  return { operation, ...(region && { region }), when, code, left: Number(times ?? 1) }
}

/** The error code this request is to fail with at this moment, if any; counts it down. */
export function takeFault(
  faults: readonly Fault[],
  when: Fault['when'],
  operation: string,
  region: string,
): string | undefined {
  const fault = faults.find(
    (each) => each.left > 0 && each.when === when && each.operation === operation && (each.region ?? region) === region,
  )
  if (fault === undefined) return undefined
  fault.left -= 1
  return fault.code
}
