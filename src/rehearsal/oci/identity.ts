import { tenancy, user } from './api-key.ts'
import type { Operations } from './call.ts'
import { notFound } from './oci-error.ts'
import { regions } from './regions.ts'
import { listedCompartment, pageOf } from './resource.ts'

const created = '2025-01-01T00:00:00.000Z'

/** The one user and the one tenancy. https://docs.oracle.com/iaas/api/#/en/identity/20160918/User (2026-11) */
export const identityOperations: Operations = {
  GetUser: {
    pattern: 'GET users/:id',
    run({ at }) {
      if (at.id !== user) throw notFound()
      const words = { id: user, compartmentId: tenancy, name: 'rehearsal', description: 'The user of the rehearsal' }
      return { json: { ...words, lifecycleState: 'ACTIVE', timeCreated: created } }
    },
  },
  GetTenancy: {
    pattern: 'GET tenancies/:id',
    run({ at }) {
      if (at.id !== tenancy) throw notFound()
      return { json: { id: tenancy, name: 'rehearsal', description: null, homeRegionKey: 'PHX' } }
    },
  },
  ListRegionSubscriptions: {
    pattern: 'GET tenancies/:id/regionSubscriptions',
    run(call) {
      call.allow(['TENANCY_INSPECT'], 'tenancy')
      if (call.at.id !== tenancy) throw notFound()
      const json = regions.map(({ name, key }) => {
        return { regionName: name, regionKey: key.toUpperCase(), status: 'READY', isHomeRegion: key === 'phx' }
      })
      return { json }
    },
  },
  ListAvailabilityDomains: {
    pattern: 'GET availabilityDomains',
    query: ['compartmentId'],
    run(call) {
      const compartmentId = listedCompartment(call, [])
      const { domain, domains, key } = call.region
      const names = Array.from({ length: domains }, (_, index) => `Uocm:${domain}-${index + 1}`)
      const id = (name: string): string =>
        `ocid1.availabilitydomain.oc1.${key}.${name.toLowerCase().replaceAll(/\W/g, '')}`
      return pageOf(
        call,
        names.map((name) => ({ name, id: id(name), compartmentId })),
      )
    },
  },
}
