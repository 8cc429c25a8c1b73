import { type Clock, systemClock } from '../../core/clock.ts'
import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { retry } from '../../core/retry.ts'
import { isGone } from '../gone.ts'
import { addressesOf, imageOf, instanceOf, type Json, securityGroupOf, sshRangeOf, sshRule, textOf } from './answers.ts'
import { domainOf, findCredentials, type OciCredentials, type Signable } from './api-credentials.ts'
import { type Asked, credentialsError, ociError, unanswered } from './errors.ts'
import type { OciApi, OciHome } from './port.ts'

/** A request that stalls longer than this is given up and, where it may be, sent again. */
const requestTimeoutMs = 60_000

/** https://docs.oracle.com/iaas/api/#/en/iaas/20160918/ and https://docs.oracle.com/iaas/api/#/en/identity/20160918/ (2026-11) */
const version = '20160918'

interface Request {
  readonly operation: string
  /** What it is asked of; otherwise the path. */
  readonly what?: string
  readonly service?: 'identity'
  readonly method?: Signable['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: Json
  /** Makes a repetition of the request harmless. */
  readonly token?: string
  /** True for what is not harmless twice and has no token. */
  readonly once?: boolean
}

interface Answer {
  readonly body: unknown
  readonly nextPage: string | null
}

/**
 * Oracle Cloud as Sindri uses it: its REST API, signed by Oracle's own library. No call is made, and no credentials are
 * looked for, before they are needed.
 */
export function connectOci(home: OciHome, clock: Clock = systemClock): OciApi {
  let found: Promise<OciCredentials> | undefined
  const credentials = (): Promise<OciCredentials> => {
    found ??= findCredentials(home, home.environment)
    return found
  }

  async function regionOf(asked: string): Promise<string> {
    const { region, source } = await credentials()
    const chosen = asked || region
    if (chosen !== undefined) return chosen
    throw credentialsError(source, 'they name no region, and neither does oci.region')
  }

  async function send(region: string, request: Request): Promise<Answer> {
    const { service = 'iaas', method = 'GET', path, query = {}, body, token, operation } = request
    const own = await credentials()
    const place = await regionOf(region)
    const url = new URL(`https://${service}.${place}.${domainOf(place)}/${version}/${path}`)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    const asked: Asked = {
      operation,
      what: request.what ?? path,
      credentials: own.source,
      exists: method === 'POST' || request.query !== undefined,
    }
    const attempt = async (): Promise<Answer> => {
      const headers = new Headers({ accept: 'application/json' })
      if (token !== undefined) headers.set('opc-retry-token', digest(token))
      const text = body === undefined ? {} : { body: JSON.stringify(body) }
      await own.sign({ method, uri: url.href, headers, ...text })
      const answer = await fetch(url, {
        method,
        headers,
        ...text,
        signal: AbortSignal.timeout(requestTimeoutMs),
      }).catch((error: unknown) => {
        throw ociError(unanswered(error), asked)
      })
      const told: unknown = await answer.json().catch(() => undefined)
      if (answer.ok) return { body: told, nextPage: answer.headers.get('opc-next-page') }
      const { code, message } = { code: '', message: answer.statusText, ...(told as object | undefined) }
      throw ociError({ status: answer.status, code: String(code), message: String(message) }, asked)
    }
    if (request.once) return attempt()
    return retry(clock, new AbortController().signal, attempt)
  }

  async function one(region: string, request: Request): Promise<Json> {
    return (await send(region, request)).body as Json
  }

  async function all(region: string, request: Request): Promise<readonly Json[]> {
    const items: Json[] = []
    let page: string | null = null
    do {
      const query: Request['query'] = { ...request.query, limit: '100', page: page ?? undefined }
      const answer: Answer = await send(region, { ...request, query })
      items.push(...(answer.body as readonly Json[]))
      page = answer.nextPage
    } while (page !== null)
    return items
  }

  /** Of one that may not be removed Oracle Cloud says the same as of one that is not there: so it is looked for. */
  async function remove(region: string, request: Request, isThere: () => Promise<boolean>): Promise<void> {
    try {
      await send(region, { ...request, method: 'DELETE' })
    } catch (error) {
      if (!isGone(error)) throw error
      const there = await isThere().catch((reason: unknown) => {
        if (isGone(reason)) return false
        throw reason
      })
      if (there)
        throw ociError(
          { status: 404, code: 'NotAuthorizedOrNotFound', message: 'it is there' },
          {
            operation: request.operation,
            what: request.path,
            credentials: (await credentials()).source,
            exists: true,
          },
        )
    }
  }

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
