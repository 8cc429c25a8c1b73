import type { Clock } from '../../core/clock.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { retry } from '../../core/retry.ts'
import { changed, cut, lengthOfAnswer, possibleSize } from '../../remote/answered-range.ts'
import type { RemoteObject } from '../../remote/remote-object.ts'
import type { Environment } from '../cloud.ts'
import { object, textOf } from './answers.ts'
import { openGoogle } from './api-calls.ts'
import { gcpError } from './errors.ts'

const storage = 'https://storage.googleapis.com/storage/v1/'
const permission = 'storage.objects.get'

/**
 * An object of Cloud Storage, with the application default credentials, or without any where there are none, which is
 * enough for a public one. Each range is asked for of the generation of the first answer.
 * https://cloud.google.com/storage/docs/json_api/v1/objects/get (2026-11)
 */
export async function openGcsObject(
  { bucket, key }: { readonly bucket: string; readonly key: string },
  {
    environment,
    clock,
    signal: opening,
  }: { readonly environment: Environment; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<RemoteObject> {
  const name = `gs://${bucket}/${key}`
  const url = `${storage}b/${bucket}/o/${encodeURIComponent(key)}`
  const google = openGoogle(environment)

  /** Undefined where there are no credentials at all; wrong ones are an error. */
  async function token(): Promise<string | undefined> {
    try {
      return await google.accessToken()
    } catch (error) {
      if (/could not load the default credentials/i.test(messageOf(error))) return undefined
      throw error
    }
  }

  async function get(query: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    try {
      const bearer = await token()
      const all = { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) }
      const answer = await fetch(`${url}${query}`, { headers: all, redirect: 'error', signal })
      if (answer.ok) return answer
      const text = await answer.text()
      throw Object.assign(new Error(text.slice(0, 200)), { response: { status: answer.status, data: jsonOf(text) } })
    } catch (error) {
      throw failure(error, signal)
    }
  }

  function failure(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? error : gcpError(error, permission, name, google.source)
  }

  const known = await retry(clock, opening, async () => {
    const told = object(await (await get('', {}, opening)).json())
    if (told.contentEncoding !== undefined && told.contentEncoding !== '')
      throw new SindriError('unsupported', `${name} is stored packed (Content-Encoding: ${told.contentEncoding})`, {
        hint: `gcloud storage objects update ${name} --clear-content-encoding, if the disk itself is a tar.gz`,
      })
    return { sizeBytes: possibleSize(Number(told.size), name), generation: textOf(told, 'generation') ?? '' }
  })
  const { sizeBytes, generation } = known

  return {
    ...{ name, address: name, sizeBytes, validator: generation },
    async *read(offset, length, signal) {
      const headers = { range: `bytes=${offset}-${offset + length - 1}` }
      const answer = await get(`?alt=media&generation=${generation}`, headers, signal).catch((error: unknown) => {
        // What was written over is gone.
        throw error instanceof SindriError && error.code === 'not-found' ? changed(name) : error
      })
      const comes = lengthOfAnswer(answer.headers.get('content-range') ?? undefined, name, {
        offset,
        length,
        sizeBytes,
      })
      try {
        if (answer.body !== null) yield* cut(answer.body, comes, name)
      } catch (error) {
        throw failure(error, signal)
      }
    },
    close: async () => undefined,
  }
}

/** Some refusals are pages for people. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
