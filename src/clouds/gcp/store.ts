import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import type { Store } from '../../core/store.ts'
import type { Environment } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { heardClock, type Objects, objectStore } from '../object-store.ts'
import { objects as objectsIn, textOf } from './answers.ts'
import { type Answer, openGoogle, type Wanted } from './api-calls.ts'
import { type GcsPlace, nameOf, type storePermissions } from './shared-store.ts'

const api = 'https://storage.googleapis.com/storage/v1/'
const uploads = 'https://storage.googleapis.com/upload/storage/v1/'

/**
 * One object takes about a write a second; more are answered 429 for a while.
 * https://cloud.google.com/storage/quotas#objects (2026-11)
 */
const attempts = 5
const firstPauseMs = 500

/** The condition did not hold. https://cloud.google.com/storage/docs/request-preconditions (2026-11) */
const refused = 412

/** The records of a release in Cloud Storage, with the application default credentials. No call is made before it is needed. */
export function openGcsStore(place: GcsPlace, release: string, environment: Environment, rehearsed: boolean): Store {
  const { bucket, prefix } = place
  const google = openGoogle(environment)
  const clock = heardClock()
  const at = `${api}b/${bucket}/o`

  async function ask(permission: (typeof storePermissions)[number], wanted: Wanted): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await google.ask(permission, nameOf(place), wanted)
        clock.hear(answer.headers.get('date'))
        return answer
      } catch (error) {
        const again = error instanceof SindriError && error.code === 'timeout' && attempt < attempts
        if (!again) throw inWords(error, place, permission)
        await pause(firstPauseMs * 2 ** (attempt - 1))
      }
    }
  }

  /** In a rehearsal there is no bucket till somebody makes it. */
  async function make(): Promise<void> {
    const params = { project: environment.GOOGLE_CLOUD_PROJECT ?? '' }
    const wanted = { method: 'POST', url: `${api}b`, params, data: { name: bucket }, statuses: [409] } as const
    await google.ask('storage.buckets.create', bucket, wanted)
  }

  const objects: Objects = {
    async get(name) {
      const url = `${at}/${encodeURIComponent(name)}`
      const answer = await ask('storage.objects.get', { url, params: { alt: 'media' }, statuses: [404] })
      if (answer.status === 404) {
        // What is in the answer says whether the object or its bucket is missing only for people.
        if (!rehearsed) await bucketIsThere()
        return undefined
      }
      // An object that was stored as text comes as text.
      const text: unknown = answer.body
      return { text: String(text), version: answer.headers.get('x-goog-generation') ?? '' }
    },

    async put(name, text, condition) {
      const boundary = randomUUID()
      const answer = await ask('storage.objects.create', {
        method: 'POST',
        url: `${uploads}b/${bucket}/o`,
        params: {
          uploadType: 'multipart',
          ifGenerationMatch: 'ifAbsent' in condition ? '0' : condition.ifMatch,
        },
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
        data: related(boundary, JSON.stringify({ name }), text),
        statuses: [refused],
      }).catch(async (error: unknown) => {
        if (!rehearsed || !isGone(error)) throw error
        await make()
        return undefined
      })
      if (answer === undefined) return objects.put(name, text, condition)
      return answer.status === refused ? undefined : textOf(answer.body, 'generation')
    },

    async list(begins) {
      const found: string[] = []
      for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
        const params = { prefix: begins, ...(pageToken !== '' && { pageToken }) }
        const asked: Promise<Answer> = ask('storage.objects.list', { url: at, params })
        const page = rehearsed ? await unlessGone(asked) : await asked
        found.push(...objectsIn(page?.body.items).map((one) => textOf(one, 'name') ?? ''))
        pageToken = page && textOf(page.body, 'nextPageToken')
      }
      return found
    },

    close: () => undefined,
  }

  let looked: Promise<unknown> | undefined
  /** Once: what lists its objects is answered 404 only where there is no bucket. */
  async function bucketIsThere(): Promise<void> {
    looked ??= ask('storage.objects.list', { url: at, params: { prefix: `${prefix}/`, maxResults: '1' } })
    await looked
  }

  return objectStore(objects, `${prefix === '' ? '' : `${prefix}/`}${release}/`, clock)
}

/** https://cloud.google.com/storage/docs/uploading-objects#multipart-upload (2026-11) */
function related(boundary: string, about: string, text: string): string {
  const part = (type: string, content: string): string =>
    `--${boundary}\r\ncontent-type: ${type}; charset=utf-8\r\n\r\n${content}\r\n`
  return `${part('application/json', about)}${part('text/plain', text)}--${boundary}--\r\n`
}

function inWords(error: unknown, place: GcsPlace, permission: string): unknown {
  if (!(error instanceof SindriError)) return error
  if (error.code === 'not-found')
    return new SindriError('not-found', `the bucket ${place.bucket} of ${nameOf(place)} does not exist`, {
      hint: `correct release.store, or make it: gcloud storage buckets create gs://${place.bucket} --uniform-bucket-level-access`,
      cause: error,
    })
  if (error.code !== 'denied') return error
  return new SindriError('denied', error.message, {
    hint: `grant ${permission} on the bucket ${place.bucket}; 'sindri vm permissions --publish --cloud gcp' prints a role with all that is needed`,
    cause: error,
  })
}
