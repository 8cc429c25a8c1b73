import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'

/** The same call as the region named by `SourceRegion` sees it. */
export function copySource(call: Call): Call {
  const region = call.input.need('SourceRegion')
  const here = Object.hasOwn(call.world.records, region) ? call.world.records[region] : undefined
  if (here === undefined) throw awsError('InvalidParameterValue', `Invalid source region: ${region}`)
  return { ...call, region, here }
}
