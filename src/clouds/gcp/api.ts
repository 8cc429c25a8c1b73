import { SindriError } from '../../core/error.ts'
import { imageOf, instanceOf, type Json, operationOf, textOf } from './answers.ts'
import { compute, openGoogle, requestId, requestTimeoutMs } from './api-calls.ts'
import { gcpError } from './errors.ts'
import type { GcpApi, GcpHome } from './port.ts'

/**
 * Compute Engine as Sindri uses it, with the application default credentials. No call is made before it is needed.
 * https://cloud.google.com/compute/docs/reference/rest/v1 (read 2026-11)
 */
export function connectGcp({ project, imageProject, networkProject, environment }: GcpHome): GcpApi {
  const { source, accessToken, send, all, change } = openGoogle(environment)

  const zonal = (zone: string): string => `projects/${project}/zones/${zone}`
  const images = `projects/${imageProject}/global/images`
  const rules = `projects/${networkProject}/global/firewalls`

  return {
    project,
    imageProject,
    source: async () => source,

    async identity() {
      try {
        const access = await accessToken()
        const found = await fetch('https://oauth2.googleapis.com/tokeninfo', {
          method: 'POST',
          body: new URLSearchParams({ access_token: access }),
          signal: AbortSignal.timeout(requestTimeoutMs),
        })
        const told: Json = await found.json()
        if (found.ok) return textOf(told, 'email') ?? textOf(told, 'sub') ?? 'an account without a name'
        throw Object.assign(new Error('no token info'), { response: { status: found.status, data: told } })
      } catch (error) {
        throw gcpError(error, 'an access token', 'oauth2.googleapis.com', source)
      }
    },

    async granted(permissions) {
      const url = `https://cloudresourcemanager.googleapis.com/v1/projects/${project}:testIamPermissions`
      try {
        const answer = await send('testIamPermissions', project, { method: 'POST', url, data: { permissions } })
        return new Set(Array.isArray(answer.permissions) ? answer.permissions.map(String) : [])
      } catch (error) {
        // The Resource Manager API may be off, where Compute Engine is not.
        if (error instanceof SindriError && (error.code === 'denied' || error.code === 'failed')) return undefined
        throw error
      }
    },

    images: async (query) => (await all('compute.images.list', images, query)).map(imageOf),
    image: async (name) => imageOf(await send('compute.images.get', name, { url: `${compute}${images}/${name}` })),
    imageFromFamily: async (family) =>
      imageOf(await send('compute.images.getFromFamily', family, { url: `${compute}${images}/family/${family}` })),
    deleteImage: (name) => change('compute.images.delete', 'DELETE', `${images}/${name}`),
    // An empty body clears what was set.
    deprecate: (name, { state, at }) =>
      change(
        'compute.images.deprecate',
        'POST',
        `${images}/${name}/deprecate`,
        state === 'ACTIVE' && at === undefined ? {} : { state, ...(at && { deprecated: at }) },
      ),

    instances: async (zone, query) =>
      (await all('compute.instances.list', `${zonal(zone)}/instances`, query)).map(instanceOf),

    async insertInstance(zone, request) {
      const path = `${zonal(zone)}/instances`
      const operation = await send('compute.instances.create', path, {
        method: 'POST',
        url: `${compute}${path}`,
        params: { requestId: requestId(request.token) },
        data: {
          name: request.name,
          machineType: `zones/${zone}/machineTypes/${request.machineType}`,
          labels: request.labels,
          tags: { items: request.networkTags },
          metadata: {
            items: [
              { key: 'ssh-keys', value: request.sshKey },
              { key: 'block-project-ssh-keys', value: 'TRUE' },
            ],
          },
          disks: [
            {
              boot: true,
              autoDelete: true,
              initializeParams: { diskName: request.name, sourceImage: request.image, labels: request.labels },
            },
          ],
          networkInterfaces: [
            {
              network: request.network,
              ...(request.subnetwork && { subnetwork: request.subnetwork }),
              ...(request.externalAddress && { accessConfigs: [{ type: 'ONE_TO_ONE_NAT', name: 'External NAT' }] }),
            },
          ],
          shieldedInstanceConfig: {
            enableSecureBoot: request.shielded.secureBoot,
            enableVtpm: request.shielded.vtpm,
            enableIntegrityMonitoring: request.shielded.integrityMonitoring,
          },
        },
      })
      return textOf(operation, 'name') ?? ''
    },

    operation: async (zone, name) =>
      operationOf(
        await send('compute.zoneOperations.get', name, { url: `${compute}${zonal(zone)}/operations/${name}` }),
      ),
    deleteInstance: (zone, name) => change('compute.instances.delete', 'DELETE', `${zonal(zone)}/instances/${name}`),

    disks: async (zone, query) =>
      (await all('compute.disks.list', `${zonal(zone)}/disks`, query)).map((disk) => ({
        name: textOf(disk, 'name') ?? '',
      })),
    deleteDisk: (zone, name) => change('compute.disks.delete', 'DELETE', `${zonal(zone)}/disks/${name}`),

    firewalls: async (name) =>
      (await all('compute.firewalls.list', rules, { name })).map((rule) => ({ name: textOf(rule, 'name') ?? '' })),
    insertFirewall: ({ name, network, sourceRanges, networkTag, token }) =>
      change(
        'compute.firewalls.create',
        'POST',
        rules,
        {
          name,
          network,
          description: 'SSH to an instance deployed by Sindri',
          direction: 'INGRESS',
          sourceRanges,
          targetTags: [networkTag],
          allowed: [{ IPProtocol: 'tcp', ports: ['22'] }],
        },
        token,
      ),
    deleteFirewall: (name) => change('compute.firewalls.delete', 'DELETE', `${rules}/${name}`),

    async subnetworkNetwork(subnetwork) {
      const found = await send('compute.subnetworks.get', subnetwork, { url: `${compute}${subnetwork}` })
      return textOf(found, 'network') ?? ''
    },
  }
}
