import OpenApi, { Config, OpenApiRequest, Params } from '@alicloud/openapi-client'
import { RuntimeOptions } from '@alicloud/tea-util'
import { type Json, objectOf } from '../src/clouds/alibaba/answers.ts'
import type { Environment } from '../src/clouds/cloud.ts'

/** The library is a CommonJS module. */
const Client = OpenApi.default ?? OpenApi

const versions: Readonly<Record<string, string>> = { ecs: '2014-05-26', vpc: '2016-04-28', sts: '2015-04-01' }

/** Parameters by name, lists as `Name.1`. */
export type Parameters = Readonly<Record<string, string>>

/** One operation of a service, and what it answers. */
export type Ask = (service: string, action: string, parameters: Parameters, region?: string) => Promise<Json>

/** Asks by the older signature, which Packer's builder uses, with the vendor's own library. */
export function openRpc(environment: Environment, home: string): Ask {
  const clients = new Map<string, InstanceType<typeof Client>>()
  return async (service, action, parameters, region = home) => {
    const endpoint = `${service}.${region}.aliyuncs.com`
    const config = new Config({
      endpoint,
      accessKeyId: environment.ALIBABA_CLOUD_ACCESS_KEY_ID,
      accessKeySecret: environment.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
      signatureAlgorithm: 'v2',
    })
    const client = clients.get(endpoint) ?? new Client(config)
    clients.set(endpoint, client)
    const rpc = { protocol: 'HTTPS', pathname: '/', method: 'POST', authType: 'AK', style: 'RPC', bodyType: 'json' }
    const params = new Params({ ...rpc, action, version: versions[service], reqBodyType: 'formData' })
    const request = new OpenApiRequest({ query: { RegionId: region, ...parameters } })
    const answer: unknown = await client.callApi(params, request, new RuntimeOptions({}))
    return objectOf(objectOf(answer).body)
  }
}

/** Tags as parameters. */
export function tagged(tags: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value], index) => [
      [`Tag.${index + 1}.Key`, key],
      [`Tag.${index + 1}.Value`, value],
    ]),
  )
}
