import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import type { Answer, Request } from '../kit/front.ts'
import { type Json, objectIn, textIn } from '../kit/json.ts'
import type { Call } from './call.ts'
import { crc32c } from './crc32c.ts'
import { gcpError, notImplemented } from './gcp-error.ts'
import { checkSupported } from './input.ts'
import type { ObjectRecord, UploadRecord } from './records.ts'
import { findBucket, findObject, objectOutput } from './storage.ts'

/** https://cloud.google.com/storage/docs/resumable-uploads#session-uris (2026-11) */
export const uploadLifetimeMs: number = 7 * 24 * 60 * 60 * 1000

/** What does not end an upload is kept in multiples of this; the rest has to be sent again. */
const multipleBytes = 256 * 1024

type UploadCall = Pick<Call, 'world' | 'now' | 'query' | 'body'>

const json = { 'content-type': 'application/json; charset=UTF-8' }
const query = new Set(['uploadType', 'name', 'upload_id', 'fields', 'projection', 'ifGenerationMatch'])

/** What a request to the upload endpoint asks for, and the permission it takes. */
export function uploadMethod({ method, path, query: asked, headers }: Request): string | undefined {
  if (!/^(\/resumable)?\/upload\/storage\/v1\/b\/[^/]+\/o$/.test(path)) return undefined
  if (method === 'POST' && !asked.has('upload_id')) return 'storage.objects.insert'
  // Google has one name for all of it; here what only asks how far it is has its own.
  if (method === 'PUT')
    return headers['content-range'] === 'bytes */*' ? 'storage.objects.getUpload' : 'storage.objects.upload'
  return method === 'DELETE' ? 'storage.objects.cancelUpload' : undefined
}

/** Resumable uploads. https://cloud.google.com/storage/docs/performing-resumable-uploads (2026-11) */
export async function upload(request: Request, call: UploadCall): Promise<Answer> {
  const unknown = [...call.query.keys()].find((name) => !query.has(name) && !['alt', 'prettyPrint'].includes(name))
  if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of an upload`)
  if (isWhole(request)) return multipart(request, call)
  if (call.query.has('ifGenerationMatch')) throw notImplemented('ifGenerationMatch of a resumable upload')
  if (request.method === 'POST') return begin(request, call)
  const id = call.query.get('upload_id') ?? ''
  const record = findUpload(call, id)
  if (request.method === 'PUT') return put(request, call, record)
  delete call.world.records.uploads[id]
  call.world.save()
  if (record.generation === undefined) await call.world.disks.remove(record.file)
  return { status: 499, headers: {}, body: '' }
}

function findUpload({ world, now }: UploadCall, id: string): UploadRecord {
  const { uploads } = world.records
  const found = Object.hasOwn(uploads, id) ? uploads[id] : undefined
  if (found === undefined || now > found.createdAt + uploadLifetimeMs)
    throw gcpError('notFound', 'The upload was not found: it is over, or was never begun.')
  return found
}

async function begin(request: Request, { world, now, query: asked, body }: UploadCall): Promise<Answer> {
  if (asked.get('uploadType') !== 'resumable') throw notImplemented(`uploads of the type ${asked.get('uploadType')}`)
  checkSupported('storage.objects.insert', body, ['name', 'bucket', 'contentType', 'metadata', 'md5Hash', 'crc32c'])
  const bucket = decodeURIComponent(/\/b\/([^/]+)\/o$/.exec(request.path)?.[1] ?? '')
  findBucket({ world }, bucket)
  const name = asked.get('name') ?? textIn(body.name) ?? ''
  if (name === '') throw gcpError('required', 'Required')
  const file = `${randomUUID()}.object`
  await (await open(await world.disks.path(file), 'wx', 0o600)).close()
  const id = randomBytes(48).toString('base64url')
  const [md5Hash, sum] = [textIn(body.md5Hash), textIn(body.crc32c)]
  world.records.uploads[id] = {
    ...{ bucket, name, file, createdAt: now, bytes: 0 },
    contentType:
      textIn(body.contentType) ?? String(request.headers['x-upload-content-type'] ?? 'application/octet-stream'),
    metadata: Object.fromEntries(Object.entries(objectIn(body.metadata)).map(([key, text]) => [key, String(text)])),
    sums: { ...(md5Hash && { md5Hash }), ...(sum && { crc32c: sum }) },
  }
  const parameters = new URLSearchParams({ uploadType: 'resumable', name, upload_id: id })
  return { status: 200, headers: { location: `https://${request.host}${request.path}?${parameters}` }, body: '' }
}

/** True for an object in one request. */
export function isWhole({ method, query: asked }: Request): boolean {
  return method === 'POST' && asked.get('uploadType') === 'multipart'
}

/**
 * An object in one request, what is said of it before what is in it.
 * https://cloud.google.com/storage/docs/uploading-objects#multipart-upload and
 * https://cloud.google.com/storage/docs/request-preconditions (2026-11)
 */
async function multipart(request: Request, { world, now, query: asked }: UploadCall): Promise<Answer> {
  const boundary = /boundary="?([^";]+)/.exec(String(request.headers['content-type']))?.[1]
  // Latin 1 keeps every byte.
  const [, said = '', sent = ''] = request.body.toString('latin1').split(`--${boundary}`)
  const [about, content] = [said, sent].map((part) => {
    const at = part.indexOf('\r\n\r\n')
    const type = /content-type: *([^\r\n]+)/i.exec(part.slice(0, at))?.[1] ?? 'application/octet-stream'
    return { type, bytes: Buffer.from(part.slice(at + 4, -2), 'latin1') }
  })
  if (boundary === undefined || about === undefined || content === undefined || content.bytes.length === 0)
    throw gcpError('badRequest', 'Malformed multipart body.')
  const body = objectIn(JSON.parse(about.bytes.toString('utf8')))
  checkSupported('storage.objects.insert', body, ['name', 'bucket', 'contentType', 'metadata', 'md5Hash', 'crc32c'])
  const bucket = decodeURIComponent(/\/b\/([^/]+)\/o$/.exec(request.path)?.[1] ?? '')
  findBucket({ world }, bucket)
  const name = asked.get('name') ?? textIn(body.name) ?? ''
  if (name === '') throw gcpError('required', 'Required')
  const wanted = asked.get('ifGenerationMatch')
  if (wanted !== null && wanted !== (world.records.objects[`${bucket}/${name}`]?.generation ?? '0'))
    throw gcpError('conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')
  const file = `${randomUUID()}.object`
  await writeFile(await world.disks.path(file), content.bytes, { mode: 0o600 })
  const [md5Hash, sum] = [textIn(body.md5Hash), textIn(body.crc32c)]
  return whole(
    await finish(
      { world, now },
      {
        ...{ bucket, name, file, createdAt: now, bytes: content.bytes.length },
        contentType: textIn(body.contentType) ?? content.type,
        metadata: Object.fromEntries(Object.entries(objectIn(body.metadata)).map(([key, text]) => [key, String(text)])),
        sums: { ...(md5Hash && { md5Hash }), ...(sum && { crc32c: sum }) },
      },
    ),
  )
}

/** True for a request for what is in an object. */
export function isDownload({ method, path, query: asked }: Request): boolean {
  return method === 'GET' && asked.get('alt') === 'media' && /^\/storage\/v1\/b\/[^/]+\/o\/[^/]+$/.test(path)
}

/** What is in an object. https://cloud.google.com/storage/docs/json_api/v1/objects/get (2026-11) */
export async function download(request: Request, { world }: Pick<Call, 'world'>): Promise<Answer> {
  const unknown = [...request.query.keys()].find((name) => !['alt', 'prettyPrint', 'generation'].includes(name))
  if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of a download`)
  const [, bucket = '', name = ''] = /\/b\/([^/]+)\/o\/([^/]+)$/.exec(request.path) ?? []
  const object = findObject({ world }, decodeURIComponent(bucket), decodeURIComponent(name))
  const { contentType, generation, md5, crc32c: sum, sizeBytes } = object
  const wanted = request.query.get('generation') ?? generation
  if (wanted !== generation) throw gcpError('notFound', `No such object: ${bucket}/${name}#${wanted}`)
  const file = await open(await world.disks.path(object.file))
  const headers = {
    ...{ 'content-type': contentType, 'x-goog-generation': generation, 'x-goog-hash': `crc32c=${sum},md5=${md5}` },
  }
  try {
    const { range } = request.headers
    if (range === undefined) return { status: 200, headers, body: await file.readFile() }
    const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
    if (first === '') throw notImplemented(`the range ${range} of a download`)
    const begin = Number(first)
    if (begin >= sizeBytes) throw gcpError('requestedRangeNotSatisfiable', 'Request range not satisfiable')
    const body = Buffer.alloc(Math.min(Number(last) + 1, sizeBytes) - begin)
    await file.read(body, 0, body.length, begin)
    const told = `bytes ${begin}-${begin + body.length - 1}/${sizeBytes}`
    return { status: 206, headers: { ...headers, 'content-range': told }, body }
  } finally {
    await file.close()
  }
}

async function put(request: Request, call: UploadCall, record: UploadRecord): Promise<Answer> {
  if (record.generation !== undefined) {
    const object = findObject(call, record.bucket, record.name)
    if (object.generation !== record.generation) throw gcpError('notFound', 'The upload is over.')
    return whole(object)
  }
  const range = request.headers['content-range'] ?? `bytes */${request.body.length}`
  const [, first, last, all = '*'] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range) ?? ['', '', '', '']
  const total = all === '*' ? undefined : Number(all)
  const start = first === undefined ? (request.headers['content-range'] ? record.bytes : 0) : Number(first)
  if (all === '' || (last !== undefined && Number(last) - start + 1 !== request.body.length))
    throw gcpError('invalid', `Failed to parse Content-Range header: ${range}`)
  if (start > record.bytes) throw gcpError('invalid', `Invalid request. The upload has ${record.bytes} bytes.`)
  const end = start + request.body.length
  const kept = total === end ? end : end - ((end - record.bytes) % multipleBytes)
  if (kept > record.bytes) {
    const file = await open(await call.world.disks.path(record.file), 'r+')
    try {
      await file.write(request.body, record.bytes - start, kept - record.bytes, record.bytes)
    } finally {
      await file.close()
    }
    record.bytes = kept
  }
  if (total === record.bytes) return whole(await finish(call, record))
  return {
    status: 308,
    headers: record.bytes > 0 ? { range: `bytes=0-${record.bytes - 1}` } : {},
    body: '',
  }
}

function whole(object: ObjectRecord): Answer {
  return { status: 200, headers: json, body: JSON.stringify(objectOutput(object)) }
}

/** What arrived becomes an object, in place of one of its name, unless it is not what was announced. */
async function finish({ world, now }: Pick<Call, 'world' | 'now'>, record: UploadRecord): Promise<ObjectRecord> {
  const { bucket, name, file, contentType, metadata, sums, bytes: sizeBytes } = record
  const handle = await open(await world.disks.path(file), 'r+')
  await handle.truncate(sizeBytes)
  await handle.close()
  const hash = createHash('md5')
  let sum = 0
  for await (const piece of createReadStream(await world.disks.path(file))) {
    hash.update(piece)
    sum = crc32c(piece, sum)
  }
  const crc = Buffer.alloc(4)
  crc.writeUInt32BE(sum)
  const sumsNow = { md5Hash: hash.digest('base64'), crc32c: crc.toString('base64') }
  for (const key of ['md5Hash', 'crc32c'] as const)
    if (sums[key] !== undefined && sums[key] !== sumsNow[key])
      throw gcpError('invalid', `Provided ${key} "${sums[key]}" doesn't match calculated ${key} "${sumsNow[key]}".`)
  const before = world.records.objects[`${bucket}/${name}`]
  const at = now * 1000 + (randomBytes(2).readUInt16BE() % 1000)
  const generation = String(Math.max(at, Number(before?.generation ?? 0) + 1))
  const object: ObjectRecord = {
    ...{ bucket, name, file, sizeBytes, md5: sumsNow.md5Hash, crc32c: sumsNow.crc32c },
    ...{ generation, contentType, metadata, createdAt: now },
  }
  world.records.objects[`${bucket}/${name}`] = object
  record.generation = generation
  world.save()
  if (before !== undefined) await world.disks.remove(before.file)
  return object
}

/** The journal tells nothing with which an upload can be gone on with. */
export function toldParameters(asked: URLSearchParams): Json {
  return Object.fromEntries([...asked].filter(([name]) => name !== 'upload_id'))
}
