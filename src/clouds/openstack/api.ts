import { type Clock, systemClock } from '../../core/clock.ts'
import { SindriError } from '../../core/error.ts'
import { retry } from '../../core/retry.ts'
import type { Environment } from '../cloud.ts'
import { connectionError, openStackError, refusalOf } from './errors.ts'
import { glance, type Send } from './glance.ts'
import { type Body, connectHttp } from './http.ts'
import { keystone, type Session } from './keystone.ts'
import type { OpenStackCloud } from './login.ts'
import type { OpenStackApi } from './port.ts'

/**
 * One OpenStack: Keystone v3 and, in each region, Glance v2. No call is made before it is needed. A token that is not
 * accepted any more is renewed once.
 * @throws SindriError `credentials` when a certificate that the cloud names cannot be read
 */
export function connectOpenStack(
  cloud: OpenStackCloud,
  environment: Environment,
  clock: Clock = systemClock,
): OpenStackApi {
  const { source } = cloud
  const http = connectHttp(cloud, environment)
  const session = keystone(cloud, http, clock.now)

  function addressIn(region: string, { images }: Session): string {
    const address = cloud.imageUrl?.replaceAll('{region_name}', region) ?? images.get(region)
    if (address !== undefined) return address.replace(/\/(v\d+(\.\d+)?\/?)?$/, '')
    const others = [...images.keys()].join(', ')
    throw new SindriError('config', `${source} has no images (${cloud.interface}) in region "${region}"`, {
      hint: others === '' ? 'its catalogue has no image service at all' : `it has them in ${others}`,
    })
  }

  function sendTo(region: string): Send {
    return (asked, method, path, signal, body) => {
      const stream = isBody(body) ? body : undefined
      async function once(use: Session): Promise<Awaited<ReturnType<typeof http>>> {
        const type = stream ? 'application/octet-stream' : method === 'PATCH' ? patchType : 'application/json'
        const headers = { 'x-auth-token': use.token, ...(body !== undefined && { 'content-type': type }) }
        const sent = body === undefined ? undefined : (stream ?? JSON.stringify(body))
        const url = `${addressIn(region, use)}${path}`
        try {
          return await http({ method, url, headers, signal, ...(sent !== undefined && { body: sent }) })
        } catch (error) {
          signal.throwIfAborted()
          throw connectionError(error, asked)
        }
      }
      async function attempt() {
        const first = await session(signal)
        let answer = await once(first)
        // Bytes that were begun to be sent cannot be sent from the beginning again.
        if (answer.status === 401 && stream === undefined) answer = await once(await session(signal, first))
        if (answer.status < 300) return answer
        throw openStackError(refusalOf(answer.status, answer.body, answer.text), asked, source)
      }
      return stream === undefined ? retry(clock, signal, attempt) : attempt()
    }
  }

  return {
    source,
    identity: async (signal) => (await session(signal)).identity,
    async regions(signal) {
      if (cloud.regions.length > 0) return cloud.regions
      return [...(await session(signal)).images.keys()]
    },
    images: (region) => glance(sendTo(region), async (signal) => (await session(signal)).identity.projectId, clock),
  }
}

const patchType = 'application/openstack-images-v2.1-json-patch'

function isBody(body: object | undefined): body is Body {
  return body !== undefined && 'bytes' in body
}
