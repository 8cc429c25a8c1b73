import { type Clock, systemClock } from '../../core/clock.ts'
import { SindriError } from '../../core/error.ts'
import { isGone } from '../gone.ts'
import { addressesOf, imageOf, instanceOf, securityGroupOf, sshRangeOf, sshRule, textOf } from './answers.ts'
import { openRequests } from './api-requests.ts'
import type { OciApi, OciHome } from './port.ts'

/**
 * Oracle Cloud as Sindri uses it: its REST API, signed by Oracle's own library. No call is made, and no credentials are
 * looked for, before they are needed.
 */
export function connectOci(home: OciHome, clock: Clock = systemClock): OciApi {
  const { credentials, regionOf, send, one, all, remove } = openRequests(home, home.environment, clock)
  const { compartment: compartmentId, imageCompartment } = home

  const api: OciApi = {
    region: () => regionOf(''),
    source: async () => (await credentials()).source,

    async identity() {
      const { tenancy, user } = await credentials()
      const [operation, path] =
        user === undefined ? (['GetTenancy', `tenancies/${tenancy}`] as const) : (['GetUser', `users/${user}`] as const)
      try {
        await send('', { operation, path, service: 'identity' })
      } catch (error) {
        // The signature was accepted; whether names may be read is no matter here.
        if (!isGone(error) && !(error instanceof SindriError && error.code === 'denied')) throw error
      }
      return user === undefined ? tenancy : `${user} of ${tenancy}`
    },

    async images(region, { name }) {
      const query = { compartmentId: imageCompartment, displayName: name }
      return (await all(region, { operation: 'ListImages', path: 'images', query })).map(imageOf)
    },
    image: async (region, id) =>
      imageOf(await one(region, { operation: 'GetImage', path: `images/${encodeURIComponent(id)}` })),
    deleteImage: (region, id) =>
      remove(region, { operation: 'DeleteImage', path: `images/${id}` }, async () => {
        return (await api.image(region, id)).state !== 'DELETED'
      }),

    async instances(region) {
      const query = { compartmentId }
      return (await all(region, { operation: 'ListInstances', path: 'instances', query })).map(instanceOf)
    },
    instance: async (region, id) =>
      instanceOf(await one(region, { operation: 'GetInstance', path: `instances/${encodeURIComponent(id)}` })),

    async launchInstance(region, request) {
      const { size } = request
      const instance = await one(region, {
        operation: 'LaunchInstance',
        what: `${request.name} from ${request.imageId}`,
        method: 'POST',
        path: 'instances',
        token: request.token,
        body: {
          compartmentId,
          availabilityDomain: request.availabilityDomain,
          displayName: request.name,
          shape: request.shape,
          ...(size && { shapeConfig: { ocpus: size.ocpus, memoryInGBs: size.memoryInGbs } }),
          sourceDetails: { sourceType: 'image', imageId: request.imageId },
          createVnicDetails: {
            subnetId: request.subnetId,
            assignPublicIp: request.publicAddress,
            nsgIds: request.securityGroupIds,
            freeformTags: request.tags,
          },
          metadata: { ssh_authorized_keys: request.publicKey },
          instanceOptions: { areLegacyImdsEndpointsDisabled: request.legacyImdsDisabled },
          freeformTags: request.tags,
        },
      })
      return textOf(instance, 'id') ?? ''
    },

    async addresses(region, instanceId) {
      const query = { compartmentId, instanceId }
      const attachments = await all(region, { operation: 'ListVnicAttachments', path: 'vnicAttachments', query })
      const attached = attachments.find((attachment) => attachment.lifecycleState === 'ATTACHED')
      const vnicId = attached && textOf(attached, 'vnicId')
      if (vnicId === undefined) return undefined
      return addressesOf(await one(region, { operation: 'GetVnic', path: `vnics/${vnicId}` }))
    },

    terminateInstance: (region, id) => {
      const query = { preserveBootVolume: 'false', preserveDataVolumesCreatedAtLaunch: 'false' }
      const path = `instances/${id}?${new URLSearchParams(query)}`
      return remove(region, { operation: 'TerminateInstance', path }, async () => {
        return !/^TERMINAT/.test((await api.instance(region, id)).state)
      })
    },

    async subnetVcn(region, subnetId) {
      const subnet = await one(region, { operation: 'GetSubnet', path: `subnets/${encodeURIComponent(subnetId)}` })
      return textOf(subnet, 'vcnId') ?? ''
    },

    async securityGroups(region) {
      const request = {
        operation: 'ListNetworkSecurityGroups',
        path: 'networkSecurityGroups',
        query: { compartmentId },
      }
      return (await all(region, request)).filter((one) => one.lifecycleState !== 'TERMINATED').map(securityGroupOf)
    },
    async createSecurityGroup(region, { name, vcnId, tags, token }) {
      const body = { compartmentId, vcnId, displayName: name, freeformTags: tags }
      const request = {
        operation: 'CreateNetworkSecurityGroup',
        what: name,
        path: 'networkSecurityGroups',
        body,
        token,
      }
      return textOf(await one(region, { ...request, method: 'POST' }), 'id') ?? ''
    },
    async sshRanges(region, groupId) {
      const path = `networkSecurityGroups/${groupId}/securityRules`
      const rules = await all(region, { operation: 'ListNetworkSecurityGroupSecurityRules', path })
      return rules.map(sshRangeOf).filter((range) => range !== undefined)
    },
    async allowSsh(region, groupId, ranges) {
      await send(region, {
        operation: 'AddNetworkSecurityGroupSecurityRules',
        method: 'POST',
        path: `networkSecurityGroups/${groupId}/actions/addSecurityRules`,
        body: { securityRules: ranges.map(sshRule) },
        once: true,
      })
    },
    deleteSecurityGroup: (region, id) =>
      remove(region, { operation: 'DeleteNetworkSecurityGroup', path: `networkSecurityGroups/${id}` }, async () => {
        return (await api.securityGroups(region)).some((group) => group.id === id)
      }),
  }
  return api
}
