import type { Operations } from './call.ts'
import { customImages, mostImages } from './image-import.ts'
import { notImplemented } from './oci-error.ts'
import { listedCompartment } from './resource.ts'

/** https://docs.oracle.com/iaas/api/#/en/limits/20190729/ResourceAvailability (2026-11) */
export const limitOperations: Operations = {
  GetResourceAvailability: {
    pattern: 'GET services/:service/limits/:limit/resourceAvailability',
    query: ['compartmentId'],
    run(call) {
      const { service, limit } = call.at
      listedCompartment(call, ['RESOURCE_AVAILABILITY_INSPECT'])
      if (service !== 'compute' || limit !== 'custom-image-count')
        throw notImplemented(`the limit ${limit} of ${service}`)
      const used = customImages(call)
      const numbers = { used, available: mostImages - used, fractionalUsage: used, effectiveQuotaValue: null }
      return { json: { ...numbers, fractionalAvailability: mostImages - used } }
    },
  },
}
