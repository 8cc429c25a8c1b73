import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { SindriError } from '../../core/error.ts'
import { unlessGone } from '../gone.ts'
import { imageOf, type Json, membersOf, object, objects, textOf, textsOf, usagesOf } from './answers.ts'
import type { Asked } from './errors.ts'
import type { Answer, Body } from './http.ts'
import type { Change, ImageQuery, ImageService, Member, OpenStackImage, Sent } from './port.ts'
import { adopted, compare, fits } from './same-image.ts'

/** One request to Glance, refused ones thrown; what has no body of bytes is sent again when that may help. */
export type Send = (
  asked: Asked,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  /** Below the service's address: `/v2/images`. */
  path: string,
  signal: AbortSignal,
  body?: object | Body,
) => Promise<Answer>

const pollMs = 2_000
const mostPages = 1_000
/** How long Glance may store what it has taken. */
const storingMs = 60 * 60_000

/** https://docs.openstack.org/api-ref/image/v2/ (2026-11) */
export function glance(send: Send, project: (signal: AbortSignal) => Promise<string>, clock: Clock): ImageService {
  const at = (id: string, more = ''): string => `/v2/images/${encodeURIComponent(id)}${more}`
  const what = (id: string): string => `image ${id}`

  async function get(id: string, signal: AbortSignal): Promise<OpenStackImage> {
    return imageOf((await send({ rule: 'get_image', what: what(id) }, 'GET', at(id), signal)).body)
  }

  async function list(query: ImageQuery, hidden: boolean, signal: AbortSignal): Promise<readonly OpenStackImage[]> {
    // Community images are in a list only when all are asked for.
    const words = new URLSearchParams({
      ...query.properties,
      limit: '100',
      visibility: 'all',
      os_hidden: String(hidden),
    })
    words.set('owner', await project(signal))
    // What else is in a name may be an operator of Glance's.
    if (/^[\w.-]+$/.test(query.name ?? '')) words.set('name', query.name ?? '')
    for (const tag of query.tags ?? []) words.append('tag', tag)
    const found: OpenStackImage[] = []
    let next: string | undefined = `/v2/images?${words}`
    for (let page = 0; next !== undefined; page++) {
      if (page === mostPages) throw new SindriError('failed', `the list of images has more than ${mostPages} pages`)
      const { body }: Answer = await send({ rule: 'get_images', what: 'images' }, 'GET', next, signal)
      found.push(...objects(body.images).map(imageOf))
      next = textOf(body, 'next')?.replace(/^.*?(?=\/v2\/images\?)/, '')
    }
    return found.filter((image) => fits(image, query))
  }

  /** Glance's own words on why the newest import failed, where it tells. */
  async function failure(id: string, signal: AbortSignal): Promise<string | undefined> {
    const asked = { rule: 'get_image', what: `the tasks of ${what(id)}` }
    const answer = await send(asked, 'GET', at(id, '/tasks'), signal).catch((error: unknown) => {
      // Older than Glance 22.
      if (error instanceof SindriError && (error.code === 'not-found' || error.code === 'denied')) return undefined
      throw error
    })
    const tasks = objects(answer?.body.tasks)
    // Times are of whole seconds: of two tasks it may be unclear which is the newer, but one that runs is.
    if (tasks.some(({ status }) => status === 'pending' || status === 'processing')) return undefined
    const newest = tasks.reduce<Json>(
      (a, b) => ((textOf(a, 'created_at') ?? '') > (textOf(b, 'created_at') ?? '') ? a : b),
      {},
    )
    if (newest.status !== 'failure') return undefined
    return textOf(newest, 'message') || 'Glance does not say why'
  }

  async function wait(
    id: string,
    signal: AbortSignal,
    isDone: (image: OpenStackImage) => boolean,
  ): Promise<OpenStackImage> {
    let status = 'not seen yet'
    try {
      for (;;) {
        const image = await get(id, signal)
        status = image.status
        if (status === 'killed' || status === 'deleted' || status === 'pending_delete')
          throw new SindriError('failed', `${what(id)} is ${status}: it can never be used`, {
            hint: 'remove it; its id cannot be taken again',
          })
        if (isDone(image)) return image
        if (status === 'deactivated')
          throw new SindriError('failed', `${what(id)} is deactivated`, { hint: 'an administrator can reactivate it' })
        // An import that fails leaves the image as it was before.
        const reason = status === 'queued' || status === 'uploading' ? await failure(id, signal) : undefined
        if (reason !== undefined)
          throw new SindriError('failed', `the import of ${what(id)} failed: ${reason}`, {
            hint: 'Glance itself must reach the address, and the disk must be what its format says; its log knows more',
          })
        await clock.sleep(pollMs, signal)
      }
    } catch (error) {
      if (signal.aborted && signal.reason instanceof Error && signal.reason.name === 'TimeoutError')
        throw new SindriError('timeout', `${what(id)} is not active in time: it is ${status}`, { cause: error })
      throw error
    }
  }

  async function membersNow(id: string, signal: AbortSignal): Promise<readonly Member[]> {
    const asked = { rule: 'get_members', what: what(id) }
    return membersOf((await send(asked, 'GET', at(id, '/members'), signal)).body)
  }

  const settled = (id: string, signal: AbortSignal): Promise<OpenStackImage> =>
    wait(id, signal, ({ status }) => status !== 'saving' && status !== 'importing')

  async function put(
    asked: Asked,
    path: string,
    body: Body,
    signal: AbortSignal,
  ): Promise<Sent & { failed?: unknown }> {
    // Renews a token that ended, which cannot be done once bytes are on their way.
    await send({ ...asked, rule: 'get_image' }, 'GET', path.replace(/\/[^/]+$/, ''), signal)
    const hash = createHash('sha512')
    let bytes = 0
    let whole = false
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const part of body.bytes) {
        hash.update(part)
        bytes += part.length
        yield part
      }
      whole = true
    }
    const sent = (): Sent => ({ bytes, sha512: hash.digest('hex') })
    try {
      await send(asked, 'PUT', path, signal, { bytes: counted(), length: body.length })
      return sent()
    } catch (failed) {
      if (whole && failed instanceof SindriError && failed.code === 'timeout') return { ...sent(), failed }
      throw failed
    }
  }

  return {
    get,
    settled,
    importFailure: failure,
    active: (id, signal) => wait(id, signal, ({ status }) => status === 'active'),

    async find(query, signal) {
      return [...(await list(query, false, signal)), ...(await list(query, true, signal))]
    },

    async create(image, signal) {
      const asked = { rule: 'add_image', what: what(image.id) }
      const { id, name, tags, properties } = image
      const own = {
        id,
        name,
        tags,
        disk_format: image.diskFormat,
        container_format: 'bare',
        min_disk: image.minDiskGib,
      }
      try {
        const body = { ...properties, ...own, visibility: 'private' }
        return imageOf((await send(asked, 'POST', '/v2/images', signal, body)).body)
      } catch (error) {
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
        return adopted(image, await get(id, signal).catch(() => undefined), await project(signal), error)
      }
    },

    async upload(id, body, signal) {
      const { failed, ...sent } = await put({ rule: 'upload_image', what: what(id) }, at(id, '/file'), body, signal)
      const image = await settled(id, AbortSignal.any([signal, AbortSignal.timeout(storingMs)]))
      if (failed !== undefined && image.status !== 'active') throw failed
      compare(image, sent)
      return sent
    },

    async stage(id, body, signal) {
      const { failed, ...sent } = await put({ rule: 'upload_image', what: what(id) }, at(id, '/stage'), body, signal)
      if (failed !== undefined && (await get(id, signal)).status !== 'uploading') throw failed
      return sent
    },

    async importMethods(signal) {
      const asked = { rule: 'import_image', what: 'the import methods' }
      const { body } = await send(asked, 'GET', '/v2/info/import', signal)
      return new Set(textsOf(object(body['import-methods']).value))
    },

    async usage(signal) {
      const asked = { rule: 'the usage', what: 'the project' }
      const answer = await unlessGone(send(asked, 'GET', '/v2/info/usage', signal))
      return usagesOf(answer?.body ?? {})
    },

    async beginImport(id, from, signal) {
      const method = from === 'staged' ? { name: 'glance-direct' } : { name: 'web-download', uri: from.url }
      try {
        await send({ rule: 'import_image', what: what(id) }, 'POST', at(id, '/import'), signal, { method })
      } catch (error) {
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
        const { status, properties } = await get(id, signal)
        const begun = properties.os_glance_import_task !== undefined || status === 'importing' || status === 'active'
        if (!begun) throw error
      }
    },

    async change(id, change, signal) {
      const asked = { rule: change.visibility === 'public' ? 'publicize_image' : 'modify_image', what: what(id) }
      const patch = async (): Promise<OpenStackImage> =>
        imageOf((await send(asked, 'PATCH', at(id), signal, patchOf(change, await get(id, signal)))).body)
      return patch().catch((error: unknown) => {
        // What was to be removed may be gone by now: an earlier reply was lost.
        if (error instanceof SindriError && error.code === 'conflict') return patch()
        throw error
      })
    },

    members: membersNow,

    async addMember(id, member, signal) {
      const asked = { rule: 'add_member', what: what(id) }
      try {
        await send(asked, 'POST', at(id, '/members'), signal, { member })
      } catch (error) {
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
        const members = await membersNow(id, signal).catch(() => [])
        if (!members.some(({ project }) => project === member)) throw error
      }
    },

    async removeMember(id, member, signal) {
      const asked = { rule: 'delete_member', what: `project ${member} of ${what(id)}` }
      await send(asked, 'DELETE', at(id, `/members/${encodeURIComponent(member)}`), signal)
    },

    async delete(id, signal) {
      await send({ rule: 'delete_image', what: what(id) }, 'DELETE', at(id), signal)
    },
  }
}

/** https://docs.openstack.org/api-ref/image/v2/#update-image (2026-11): in this version `add` replaces what is there. */
function patchOf(change: Change, image: OpenStackImage): readonly object[] {
  const { hidden, minDiskGib, properties = {}, ...rest } = change
  const own = {
    ...(hidden !== undefined && { os_hidden: hidden }),
    ...(minDiskGib !== undefined && { min_disk: minDiskGib }),
  }
  const values = { ...rest, ...own, ...properties }
  return Object.entries(values).flatMap(([name, value]) => {
    const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (value !== undefined) return { op: 'add', path, value }
    return name in image.properties ? { op: 'remove', path } : []
  })
}
