import { setTimeout as delay } from 'node:timers/promises'
import CredentialModule, {
  CLIProfileCredentialsProvider,
  ECSRAMRoleCredentialsProvider,
  StaticAKCredentialsProvider,
  StaticSTSCredentialsProvider,
} from '@alicloud/credentials'
import OpenApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client'
import { RuntimeOptions } from '@alicloud/tea-util'
import { SindriError } from '../../core/error.ts'
import { itemsOf, type Json, objectOf } from './answers.ts'
import type { CredentialSource } from './credentials.ts'
import { endpointOf, type Service, services } from './endpoints.ts'
import { alibabaError, credentialError } from './errors.ts'

/** Values of a request: lists become `Name.1`, `Name.2`, objects in them `Name.1.Key`; what is undefined is left out. */
export type Parameters = Readonly<
  Record<
    string,
    string | number | boolean | undefined | readonly (string | Readonly<Record<string, string | undefined>>)[]
  >
>

/** A list that is answered in pages. */
export interface Listing {
  /** `Images`. */
  readonly list: string
  /** `Image`. */
  readonly item: string
}

/** Signed calls of one account. */
export interface Calls {
  /** `what` is `ecs:DescribeImages`: the service and the operation, which is also the RAM action. */
  call(what: string, region: string, parameters: Parameters): Promise<Json>
  all(what: string, region: string, parameters: Parameters, listing: Listing): Promise<readonly Json[]>
}

// The libraries are CommonJS modules, whose default is the module itself or the class, as whoever loads them sees it.
const Client = OpenApi.default ?? OpenApi
const Credential = CredentialModule.default ?? CredentialModule

const readTimeoutMs = 60_000
const connectTimeoutMs = 10_000
const attempts = 5
const firstPauseMs = 500
const pageSize = 50

/** What the library is given: everything by the request's line, as its product clients do. */
const rpc = { protocol: 'HTTPS', pathname: '/', method: 'POST', authType: 'AK', style: 'RPC' } as const

/** Alibaba Cloud's own library signs (ACS3-HMAC-SHA256) and sends. No call is made before it is needed. */
export function openClient(source: CredentialSource | undefined): Calls {
  const clients = new Map<string, InstanceType<typeof Client>>()
  let credential: InstanceType<typeof Credential> | undefined

  async function signer(): Promise<InstanceType<typeof Credential>> {
    if (source === undefined) {
      throw new SindriError('credentials', 'there are no credentials of Alibaba Cloud in the environment', {
        hint: "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_PROFILE to a profile that 'aliyun configure' made",
      })
    }
    try {
      credential ??= new Credential(null, providerOf(source))
      // The library keeps what it gets until shortly before it ends.
      await credential.getCredential()
      return credential
    } catch (error) {
      throw credentialError(error, source.name)
    }
  }

  async function clientOf(service: Service, region: string): Promise<InstanceType<typeof Client>> {
    const endpoint = endpointOf(service, region)
    const known = clients.get(endpoint)
    if (known !== undefined) return known
    const config = {
      endpoint,
      credential: await signer(),
      readTimeout: readTimeoutMs,
      connectTimeout: connectTimeoutMs,
    }
    const client = new Client(new Config(config))
    clients.set(endpoint, client)
    return client
  }

  async function once(what: string, region: string, parameters: Parameters): Promise<Json> {
    const [service, action = ''] = what.split(':')
    const name = service === 'vpc' || service === 'sts' ? service : 'ecs'
    try {
      const client = await clientOf(name, region)
      const params = { ...rpc, action, version: services[name], reqBodyType: 'formData', bodyType: 'json' }
      const answer: unknown = await client.callApi(
        new Params(params),
        new OpenApiRequest({ query: flat({ RegionId: region, ...parameters }) }),
        // The calls are repeated here, by what the answer says.
        new RuntimeOptions({ autoretry: false }),
      )
      return objectOf(objectOf(answer).body)
    } catch (error) {
      throw alibabaError(error, what, region, source?.name ?? 'the environment')
    }
  }

  /** Safe for every call here: what is not a read carries a `ClientToken`, or has the same effect twice. */
  async function call(what: string, region: string, parameters: Parameters): Promise<Json> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(what, region, parameters)
      } catch (error) {
        if (!(error instanceof SindriError) || error.code !== 'timeout' || attempt === attempts) throw error
        await delay(firstPauseMs * 2 ** (attempt - 1))
      }
    }
  }

  return {
    call,
    async all(what, region, parameters, { list, item }) {
      const found: Json[] = []
      for (let number = 1; ; number++) {
        const page = await call(what, region, { ...parameters, PageNumber: number, PageSize: pageSize })
        const items = itemsOf(page, list, item)
        found.push(...items)
        if (items.length < pageSize) return found
      }
    },
  }
}

function providerOf(source: CredentialSource): object {
  if (source.kind === 'role') return ECSRAMRoleCredentialsProvider.builder().withRoleName(source.role).build()
  if (source.kind === 'profile') return CLIProfileCredentialsProvider.builder().withProfileName(source.profile).build()
  const { id, secret, token } = source
  if (token === undefined)
    return StaticAKCredentialsProvider.builder().withAccessKeyId(id).withAccessKeySecret(secret).build()
  return StaticSTSCredentialsProvider.builder()
    .withAccessKeyId(id)
    .withAccessKeySecret(secret)
    .withSecurityToken(token)
    .build()
}

/** https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism (2026-11) */
function flat(parameters: Parameters): Record<string, string> {
  const pairs = Object.entries(parameters).flatMap(([name, value]): [string, string | undefined][] => {
    if (value === undefined) return []
    if (!Array.isArray(value)) return [[name, String(value)]]
    return value.flatMap((one, index): [string, string | undefined][] =>
      typeof one === 'string'
        ? [[`${name}.${index + 1}`, one]]
        : Object.entries(one).map(([key, inner]) => [`${name}.${index + 1}.${key}`, inner as string | undefined]),
    )
  })
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined))
}
