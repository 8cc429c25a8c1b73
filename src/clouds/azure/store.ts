import { Buffer } from 'node:buffer'
import { setTimeout as pause } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import type { Store } from '../../core/store.ts'
import type { Environment } from '../cloud.ts'
import { heardClock, type Objects, objectStore } from '../object-store.ts'
import { openArm } from './api-arm.ts'
import { type Answered, type BlobCalls, element, openBlobCalls, unescaped, type Wanted } from './api-calls.ts'
import { type AzblobPlace, nameOf, storeActions } from './shared-store.ts'

const [read, write] = storeActions
const attempts = 5
const firstPauseMs = 500

/** There is none: neither the blob, nor what it would be in. */
const absent = ['BlobNotFound', 'ContainerNotFound', 'ResourceNotFound']
/**
 * The condition does not hold.
 * https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes (2026-11)
 */
const refused = ['BlobAlreadyExists', 'ConditionNotMet', 'TargetConditionNotMet', 'BlobNotFound']

/**
 * The records of a release as block blobs, with the login that everything of Azure takes. No call is made before it is
 * needed. https://learn.microsoft.com/rest/api/storageservices/put-blob (2026-11)
 */
export function openBlobStore(
  place: AzblobPlace,
  release: string,
  environment: Environment,
  rehearsed: boolean,
  /** Gives access tokens in place of that login. */
  token?: (scope: string) => Promise<string>,
): Store {
  const { account, container, prefix } = place
  const subscription = environment.AZURE_SUBSCRIPTION_ID || environment.ARM_SUBSCRIPTION_ID || ''
  const arm = openArm({ subscription, tenant: undefined, environment })
  const calls: BlobCalls = openBlobCalls(token ?? arm.token, arm.source)
  const clock = heardClock()
  const at = (name: string): string => `/${container}/${name.split('/').map(encodeURIComponent).join('/')}`

  async function ask(path: string, wanted: Wanted): Promise<Answered> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await calls.ask(account, path, wanted)
        clock.hear(String(answer.headers.date))
        return answer
      } catch (error) {
        const again = error instanceof SindriError && error.code === 'timeout' && attempt < attempts
        if (!again) throw inWords(error, place, wanted.action)
        await pause(firstPauseMs * 2 ** (attempt - 1))
      }
    }
  }

  const missing = rehearsed ? ['ContainerNotFound', 'ResourceNotFound'] : []

  /** In a rehearsal there is no container till somebody makes it. */
  async function make(): Promise<void> {
    const group = `/subscriptions/${subscription}/resourceGroups/sindri-records`
    const id = `${group}/providers/Microsoft.Storage/storageAccounts/${account}`
    const location = 'westeurope'
    const bodies: readonly (readonly [string, object])[] = [
      [group, { location }],
      [
        id,
        { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: { allowBlobPublicAccess: false } },
      ],
      [`${id}/blobServices/default/containers/${container}`, { properties: { publicAccess: 'None' } }],
    ]
    for (const [path, body] of bodies)
      await arm.change({ method: 'PUT', at: path, body, action: 'Microsoft.Storage/storageAccounts/write' })
  }

  const objects: Objects = {
    async get(name) {
      const refusals = rehearsed ? absent : absent.slice(0, 1)
      const { refusal, headers, text } = await ask(at(name), { method: 'GET', action: read, refusals })
      return refusal === undefined ? { text, version: String(headers.etag) } : undefined
    },

    async put(name, text, condition) {
      const headers = {
        'x-ms-blob-type': 'BlockBlob',
        'content-type': 'text/plain; charset=utf-8',
        ...('ifAbsent' in condition ? { 'if-none-match': '*' } : { 'if-match': condition.ifMatch }),
      }
      const wanted = {
        method: 'PUT',
        action: write,
        headers,
        body: Buffer.from(text),
        refusals: [...refused, ...missing],
      } as const
      const answer = await ask(at(name), wanted)
      if (missing.includes(answer.refusal ?? '')) {
        await make()
        return objects.put(name, text, condition)
      }
      return answer.refusal === undefined ? String(answer.headers.etag) : undefined
    },

    async list(begins) {
      const found: string[] = []
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const query = { restype: 'container', comp: 'list', prefix: begins, ...(marker !== '' && { marker }) }
        const refusals = rehearsed ? absent : []
        const { text }: Answered = await ask(`/${container}`, { method: 'GET', action: read, query, refusals })
        const names = text.matchAll(/<Blob>.*?<Name>([^<]*)<\/Name>/gs)
        found.push(...[...names].map(([, name = '']) => unescaped(name)))
        marker = element(text, 'NextMarker')
      }
      return found
    },

    close: () => void calls.close(),
  }
  return objectStore(objects, `${prefix === '' ? '' : `${prefix}/`}${release}/`, clock)
}

function inWords(error: unknown, place: AzblobPlace, action: string): unknown {
  if (!(error instanceof SindriError)) return error
  const { account, container } = place
  if (error.code === 'not-found')
    return new SindriError(
      'not-found',
      `the container ${container} in the storage account ${account} of ${nameOf(place)} does not exist`,
      {
        hint: `correct release.store, or make it: az storage container create --auth-mode login --account-name ${account} --name ${container}`,
        cause: error,
      },
    )
  if (error.code !== 'denied') return error
  return new SindriError('denied', error.message, {
    hint: `grant ${action} on ${nameOf(place)}, as the role Storage Blob Data Contributor on the container does; 'sindri vm permissions --publish --cloud azure' prints a role with all that is needed`,
    cause: error,
  })
}
