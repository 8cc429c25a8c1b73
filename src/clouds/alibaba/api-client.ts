import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import CredentialModule, {
  CLIProfileCredentialsProvider,
  ECSRAMRoleCredentialsProvider,
  StaticAKCredentialsProvider,
  StaticSTSCredentialsProvider,
} from '@alicloud/credentials'
import { default as OpenApiModule } from '@alicloud/openapi-util'
import { Request } from '@alicloud/tea-typescript'
import { SindriError } from '../../core/error.ts'
import { itemsOf, type Json, objectOf } from './answers.ts'
import type { CredentialSource } from './credentials.ts'
import { endpointOf, isService, services } from './endpoints.ts'
import { alibabaError, credentialError, refusalOf } from './errors.ts'
import type { AlibabaApi } from './port.ts'

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
  keys: AlibabaApi['keys']
  /** `what` is `ecs:DescribeImages`: the service and the operation, which is also the RAM action. */
  call(what: string, region: string, parameters: Parameters): Promise<Json>
  all(what: string, region: string, parameters: Parameters, listing: Listing): Promise<readonly Json[]>
}

// The libraries are CommonJS modules, whose default is the module itself or the class, as whoever loads them sees it.
const Credential = CredentialModule.default ?? CredentialModule
const OpenApi = OpenApiModule.default ?? OpenApiModule

/** A request that stalls longer than this is given up and sent again. */
const requestTimeoutMs = 60_000
const attempts = 5
const firstPauseMs = 500
const pageSize = 50
const algorithm = 'ACS3-HMAC-SHA256'

/** Alibaba Cloud's own libraries find the credentials and sign. No call is made before it is needed. */
export function openClient(source: CredentialSource | undefined): Calls {
  let credential: InstanceType<typeof Credential> | undefined

  async function keys(): ReturnType<AlibabaApi['keys']> {
    if (source === undefined) {
      throw new SindriError('credentials', 'there are no credentials of Alibaba Cloud in the environment', {
        hint: "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_PROFILE to a profile that 'aliyun configure' made",
      })
    }
    try {
      credential ??= new Credential(null, providerOf(source))
      // The library keeps what it gets until shortly before it ends.
      const { accessKeyId = '', accessKeySecret = '', securityToken = '' } = await credential.getCredential()
      return { id: accessKeyId, secret: accessKeySecret, token: securityToken }
    } catch (error) {
      throw credentialError(error, source.name)
    }
  }

  /** https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature (2026-11) */
  async function once(what: string, region: string, parameters: Parameters): Promise<Json> {
    const [service, action = ''] = what.split(':')
    const name = isService(service) ? service : 'ecs'
    const { id, secret, token } = await keys()
    const host = endpointOf(name, region)
    const body = new URLSearchParams(flat({ RegionId: region, ...parameters })).toString()
    const hash = OpenApi.hexEncode(OpenApi.hash(Buffer.from(body), algorithm))
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-acs-action': action,
      'x-acs-version': services[name],
      'x-acs-date': OpenApi.getTimestamp(),
      'x-acs-signature-nonce': randomUUID(),
      'x-acs-content-sha256': hash,
      ...(token !== '' && { 'x-acs-security-token': token }),
    }
    const request = Object.assign(new Request(), { method: 'POST', pathname: '/', headers: { host, ...headers } })
    const authorization = OpenApi.getAuthorization(request, algorithm, hash, id, secret)
    try {
      const answer = await fetch(`https://${host}/`, {
        method: 'POST',
        body,
        headers: { ...headers, authorization, accept: 'application/json' },
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      const text = await answer.text()
      if (answer.ok) return objectOf(JSON.parse(text))
      throw refusalOf(answer.status, text)
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
    keys,
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
