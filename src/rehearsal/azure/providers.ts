import type { Call, Operations, Reply } from './call.ts'
import { ok } from './call.ts'

const provider = 'subscriptions/:subscription/providers/:namespace'

function told({ at, world }: Call): Reply {
  const namespace = at.namespace ?? ''
  const state = world.records.unregistered[namespace.toLowerCase()] === true ? 'NotRegistered' : 'Registered'
  const id = `/subscriptions/${at.subscription}/providers/${namespace}`
  return ok({ id, namespace, registrationState: state, registrationPolicy: 'RegistrationRequired', resourceTypes: [] })
}

/** https://learn.microsoft.com/rest/api/resources/providers (2026-11) */
export const providerOperations: Operations = {
  'Providers.Get': {
    pattern: `GET ${provider}`,
    actions: ['Microsoft.Resources/subscriptions/providers/read'],
    query: ['$expand'],
    run: told,
  },
  'Providers.Register': {
    pattern: `POST ${provider}/register`,
    actions: ['*/register/action'],
    run(call) {
      delete call.world.records.unregistered[(call.at.namespace ?? '').toLowerCase()]
      return told(call)
    },
  },
  'Providers.Unregister': {
    pattern: `POST ${provider}/unregister`,
    actions: ['*/unregister/action'],
    run(call) {
      call.world.records.unregistered[(call.at.namespace ?? '').toLowerCase()] = true
      return told(call)
    },
  },
}
