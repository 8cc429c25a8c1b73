import { randomUUID } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { objectIn, textIn } from '../kit/json.ts'
import type { Call, Operations, Output } from './call.ts'
import { ownImage, visibleImage } from './image-record.ts'
import { notImplemented, openStackError } from './openstack-error.ts'
import { receive, virtualSizeOf } from './receive.ts'
import type { ImageRecord, Import, StoredFile } from './records.ts'
import { fileOf, importMs, statusOf } from './states.ts'
import { download, isHere } from './web-download.ts'

const largestDownload = 256 * 1024 * 1024
const methods = ['glance-direct', 'web-download']

/** Takes bytes into an image that has none; one that breaks off is as it was before. */
async function take(call: Call, kind: 'file' | 'stage'): Promise<Output> {
  const image = await call.inTurn(() => {
    const one = ownImage(call)
    const status = statusOf(one, call.now())
    if (status !== 'queued')
      throw openStackError(
        409,
        `Image status transition from ${status} to ${kind === 'file' ? 'saving' : 'uploading'} is not allowed`,
      )
    if (one.diskFormat === null || one.containerFormat === null)
      throw openStackError(400, 'Properties disk_format, container_format must be set prior to saving data.')
    one.receiving = kind
    return one
  })
  try {
    const path = (name: string): Promise<string> => call.world.disks.path(name)
    const { head, ...stored } = await receive(call.stream, call.length, path)
    await call.inTurn(async () => {
      try {
        // Somebody may have removed the image meanwhile.
        ownImage(call)
        const virtualSize = kind === 'stage' ? null : virtualSizeOf(image.diskFormat ?? '', head, stored.bytes)
        const file = { ...stored, virtualSize }
        if (kind === 'file') image.stored = file
        else image.staged = file
      } catch (error) {
        await call.world.disks.remove(stored.file)
        throw error
      }
    })
  } finally {
    await call.inTurn(() => {
      delete image.receiving
      image.updatedAt = call.now()
    })
  }
  return { status: 204 }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** What was staged, or what an address answers, as far as it is what the image's format says. */
async function fetched(call: Call, image: ImageRecord, uri: string | undefined): Promise<Import['result']> {
  const { disks } = call.world
  try {
    const path = (name: string): Promise<string> => disks.path(name)
    if (uri !== undefined) {
      const { head, ...stored } = await receive(await download(uri), undefined, path)
      return { ...stored, virtualSize: virtualSizeOf(image.diskFormat ?? '', head, stored.bytes) }
    }
    const { staged } = image
    if (staged === undefined) throw openStackError(409, 'nothing was staged')
    const head = await headOf(await disks.path(staged.file))
    return { ...staged, virtualSize: virtualSizeOf(image.diskFormat ?? '', head, staged.bytes) }
  } catch (error) {
    // What went wrong shows only afterwards: the import was accepted.
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}

/** https://docs.openstack.org/api-ref/image/v2/#import-an-image (2026-11) */
async function importImage(call: Call): Promise<Output> {
  const { method } = objectIn(call.body)
  const { name, uri } = objectIn(method)
  if (name !== 'glance-direct' && name !== 'web-download') throw notImplemented(`the import method ${name}`)
  const image = ownImage(call)
  const status = statusOf(image, call.now())
  if (status === 'active') throw openStackError(409, 'Image with status active cannot be target for import')
  if (name === 'web-download' && status !== 'queued')
    throw openStackError(409, "Image needs to be in 'queued' state to use 'web-download' method")
  if (name === 'glance-direct' && status !== 'uploading')
    throw openStackError(409, "Image needs to be staged before 'glance-direct' method can be used")
  const address = textIn(uri)
  if (name === 'web-download' && (address === undefined || !isHere(address)))
    throw openStackError(400, `URI for web-download does not pass filtering: ${uri}`)
  const result = await fetched(call, image, address)
  await call.inTurn(() => {
    const beganAt = call.now()
    image.import = { method: name, task: randomUUID(), beganAt, doneAt: beganAt + importMs, result }
    if ('file' in result) delete image.staged
  })
  return { status: 202 }
}

function tasksOf({ import: last, owner }: ImageRecord, now: number): readonly object[] {
  if (last === undefined) return []
  const failure = 'failure' in last.result ? last.result.failure : undefined
  const over = now >= last.doneAt
  return [
    {
      ...{ id: last.task, type: 'api_image_import', owner, created_at: new Date(last.beganAt).toISOString() },
      ...{ status: over ? (failure === undefined ? 'success' : 'failure') : 'processing' },
      ...{ message: over && failure !== undefined ? failure : '' },
    },
  ]
}

async function bytesOf(call: Call): Promise<Output> {
  const file: StoredFile | undefined = fileOf(visibleImage(call), call.now())
  if (file === undefined) return { status: 204 }
  if (file.bytes > largestDownload) throw notImplemented(`downloading more than ${largestDownload} bytes`)
  return { status: 200, bytes: await readFile(await call.world.disks.path(file.file)) }
}

/** https://docs.openstack.org/api-ref/image/v2/#image-data and #interoperable-image-import (2026-11) */
export const dataOperations: Operations = {
  UploadImage: { pattern: 'PUT v2/images/:id/file', run: (call) => take(call, 'file') },
  GetImageData: { pattern: 'GET v2/images/:id/file', run: bytesOf },
  StageImage: { pattern: 'PUT v2/images/:id/stage', run: (call) => take(call, 'stage') },
  ImportImage: { pattern: 'POST v2/images/:id/import', run: importImage },
  ListImageTasks: {
    pattern: 'GET v2/images/:id/tasks',
    run: (call) => ({ status: 200, json: { tasks: tasksOf(ownImage(call), call.now()) } }),
  },
  GetImportInfo: {
    pattern: 'GET v2/info/import',
    run: () => ({
      status: 200,
      json: { 'import-methods': { description: 'Import methods available.', type: 'array', value: methods } },
    }),
  },
  GetUsage: { pattern: 'GET v2/info/usage', run: () => ({ status: 200, json: { usage: {} } }) },
}
