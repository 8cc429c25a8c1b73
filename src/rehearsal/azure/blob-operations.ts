import type { Request } from '../kit/front.ts'
import { azureError, notImplemented } from './azure-error.ts'
import type { World } from './call.ts'
import {
  blobKey,
  makeBlockBlob,
  makePageBlob,
  pagesOf,
  putPages,
  rangeIn,
  readPages,
  removeBlob,
} from './page-blobs.ts'
import type { BlobRecord } from './records.ts'

/** What Blob Storage answers. */
export interface BlobAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

interface BlobCall {
  readonly world: World
  readonly account: string
  readonly request: Request
  readonly now: number
}

/** One operation on blobs. */
export interface BlobOperation {
  readonly name: string
  /** The action on data it asks for. */
  readonly action: string
  /** It runs when no other does. */
  readonly alone: boolean
  run(call: BlobCall): Promise<BlobAnswer>
}

const actions = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
const read = { action: `${actions}/read`, alone: false }
const write = { action: `${actions}/write`, alone: true }

/** What a request asks for. */
export function blobOperation({ method, query, path, headers }: Request): BlobOperation {
  const comp = query.get('comp') ?? ''
  const inContainer = path.replace(/\/$/, '').split('/').length === 2
  const known = ['comp', 'restype', 'include', 'prefix', 'maxresults', 'marker', 'timeout', 'delimiter', 'showonly']
  const unknown = [...query.keys()].find((key) => !known.includes(key))
  if (unknown !== undefined) throw notImplemented(`the parameter ${unknown} of blobs`)
  if (inContainer && method === 'GET' && comp === 'list')
    return { ...read, name: 'Blobs.List', run: async (call) => listed(call) }
  if (inContainer) throw notImplemented(`${method} of a container by the blob service`)
  switch (`${method} ${comp}`.trim()) {
    case 'PUT':
      if (headers['x-ms-blob-type'] === 'BlockBlob') return { ...write, name: 'BlockBlobs.Put', run: putWhole }
      if (headers['x-ms-blob-type'] !== 'PageBlob') throw notImplemented('blobs that are neither page nor block blobs')
      return { ...write, name: 'PageBlobs.Create', run: created }
    case 'PUT page':
      if (headers['x-ms-page-write'] !== 'update') throw notImplemented('clearing pages')
      if (headers['x-ms-content-crc64'] !== undefined) throw notImplemented('CRC64')
      return { ...write, alone: false, name: 'PageBlobs.PutPage', run: stored }
    case 'PUT metadata':
      return { ...write, name: 'Blobs.SetMetadata', run: described }
    case 'GET pagelist':
      return { ...read, name: 'PageBlobs.GetPageRanges', run: ranges }
    case 'HEAD':
      return { ...read, name: 'Blobs.GetProperties', run: async (call) => properties(found(call)) }
    case 'GET':
      return { ...read, name: 'Blobs.Get', run: bytes }
    case 'DELETE':
      return { action: `${actions}/delete`, alone: true, name: 'Blobs.Delete', run: removed }
    default:
      throw notImplemented(`${method} of a blob with comp=${comp}`)
  }
}

function placeOf({ account, request }: BlobCall): {
  readonly account: string
  readonly container: string
  name: string
} {
  const [, container = '', ...rest] = request.path.split('/')
  return { account, container, name: decodeURIComponent(rest.join('/')) }
}

function checkContainer({ world, account, request }: BlobCall): void {
  const container = request.path.split('/')[1] ?? ''
  if (world.records.containers[`${account}/${container}`] === undefined)
    throw azureError(404, 'ContainerNotFound', 'The specified container does not exist.')
}

function found(call: BlobCall): BlobRecord {
  checkContainer(call)
  const { account, container, name } = placeOf(call)
  const blob = call.world.records.blobs[blobKey(account, container, name)]
  if (blob === undefined) throw azureError(404, 'BlobNotFound', 'The specified blob does not exist.')
  return blob
}

const prefix = 'x-ms-meta-'

function metadataIn({ headers }: Request): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith(prefix))
  const wrong = own.find(([name]) => !/^[a-z_]\w*$/i.test(name.slice(prefix.length)))
  if (wrong !== undefined)
    throw azureError(
      400,
      'InvalidMetadata',
      'The metadata specified is invalid. It has characters that are not permitted.',
    )
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), String(value)]))
}

function typeOf({ block }: BlobRecord): string {
  return block === true ? 'BlockBlob' : 'PageBlob'
}

function stamps({ changedAt, file }: BlobRecord): Readonly<Record<string, string>> {
  return { etag: `"${file.slice(0, 8)}${changedAt.toString(16)}"`, 'last-modified': new Date(changedAt).toUTCString() }
}

/** https://learn.microsoft.com/rest/api/storageservices/put-blob (2026-11) */
async function created(call: BlobCall): Promise<BlobAnswer> {
  checkContainer(call)
  const { world, request, now } = call
  const place = placeOf(call)
  const exists = world.records.blobs[blobKey(place.account, place.container, place.name)] !== undefined
  const condition = request.headers['if-none-match']
  if (condition !== undefined && condition !== '*') throw notImplemented('If-None-Match of an ETag')
  if (exists && condition === '*') throw azureError(409, 'BlobAlreadyExists', 'The specified blob already exists.')
  const sizeBytes = Number(request.headers['x-ms-blob-content-length'] ?? Number.NaN)
  const blob = await makePageBlob(world, { ...place, sizeBytes, metadata: metadataIn(request) }, now)
  return { status: 201, headers: stamps(blob) }
}

/**
 * A block blob in one request. https://learn.microsoft.com/rest/api/storageservices/put-blob and
 * https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations (2026-11)
 */
async function putWhole(call: BlobCall): Promise<BlobAnswer> {
  checkContainer(call)
  const { world, request, now } = call
  const place = placeOf(call)
  const there = world.records.blobs[blobKey(place.account, place.container, place.name)]
  const { 'if-none-match': absent, 'if-match': etag } = request.headers
  if (absent !== undefined && absent !== '*') throw notImplemented('If-None-Match of an ETag')
  if (absent !== undefined && there !== undefined)
    throw azureError(409, 'BlobAlreadyExists', 'The specified blob already exists.')
  if (etag !== undefined && (there === undefined || stamps(there).etag !== etag))
    throw azureError(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.')
  const blob = await makeBlockBlob(world, { ...place, metadata: metadataIn(request) }, request.body, now)
  return { status: 201, headers: stamps(blob) }
}

/** https://learn.microsoft.com/rest/api/storageservices/put-page (2026-11) */
async function stored(call: BlobCall): Promise<BlobAnswer> {
  const { world, request } = call
  const blob = found(call)
  const { 'x-ms-range': own, range, 'content-md5': md5 } = request.headers
  await putPages(world, blob, rangeIn(typeof own === 'string' ? own : range), request.body, md5 as string | undefined)
  return {
    status: 201,
    headers: { ...stamps(blob), 'x-ms-blob-sequence-number': '0', ...(md5 && { 'content-md5': String(md5) }) },
  }
}

/** https://learn.microsoft.com/rest/api/storageservices/set-blob-metadata (2026-11) */
async function described(call: BlobCall): Promise<BlobAnswer> {
  const blob = { ...found(call), metadata: metadataIn(call.request), changedAt: call.now }
  call.world.records.blobs[blobKey(blob.account, blob.container, blob.name)] = blob
  call.world.save()
  return { status: 200, headers: stamps(blob) }
}

const mostRanges = 10_000

/** https://learn.microsoft.com/rest/api/storageservices/get-page-ranges (2026-11) */
async function ranges(call: BlobCall): Promise<BlobAnswer> {
  const { query, headers } = call.request
  if (headers.range !== undefined || headers['x-ms-range'] !== undefined)
    throw notImplemented('the page ranges of a range')
  const blob = found(call)
  const from = Number(query.get('marker') ?? 0)
  const all = await pagesOf(call.world, blob)
  const many = Math.min(mostRanges, Number(query.get('maxresults') ?? mostRanges))
  const shown = all
    .slice(from, from + many)
    .map(({ offset, length }) => `<PageRange><Start>${offset}</Start><End>${offset + length - 1}</End></PageRange>`)
  const next = from + many < all.length ? `<NextMarker>${from + many}</NextMarker>` : '<NextMarker />'
  return xml(`<PageList>${shown.join('')}${next}</PageList>`, {
    ...stamps(blob),
    'x-ms-blob-content-length': String(blob.sizeBytes),
  })
}

/** https://learn.microsoft.com/rest/api/storageservices/get-blob-properties (2026-11) */
function properties(blob: BlobRecord): BlobAnswer {
  const metadata = Object.entries(blob.metadata).map(([name, value]) => [`${prefix}${name}`, value])
  return {
    status: 200,
    headers: {
      ...stamps(blob),
      ...Object.fromEntries(metadata),
      'content-length': String(blob.sizeBytes),
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      'x-ms-blob-type': typeOf(blob),
      ...(blob.block !== true && { 'x-ms-blob-sequence-number': '0' }),
      'x-ms-lease-status': 'unlocked',
      'x-ms-lease-state': 'available',
      'x-ms-creation-time': new Date(blob.createdAt).toUTCString(),
    },
  }
}

const mostRead = 64 * 1024 * 1024

/** https://learn.microsoft.com/rest/api/storageservices/get-blob (2026-11) */
async function bytes(call: BlobCall): Promise<BlobAnswer> {
  const blob = found(call)
  const { 'x-ms-range': own, range } = call.request.headers
  const asked = rangeIn(typeof own === 'string' ? own : range)
  const { offset, length } = asked ?? { offset: 0, length: blob.sizeBytes }
  if (offset >= blob.sizeBytes)
    throw azureError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.')
  const many = Math.min(length, blob.sizeBytes - offset)
  if (many > mostRead) throw notImplemented(`reading more than ${mostRead} bytes at once`)
  const { headers } = properties(blob)
  const body = await readPages(call.world, blob, { offset, length: many })
  const shown = { ...headers, 'content-length': String(many) }
  if (asked === undefined) return { status: 200, headers: shown, body }
  const place = `bytes ${offset}-${offset + many - 1}/${blob.sizeBytes}`
  return { status: 206, headers: { ...shown, 'content-range': place }, body }
}

/** https://learn.microsoft.com/rest/api/storageservices/delete-blob (2026-11) */
async function removed(call: BlobCall): Promise<BlobAnswer> {
  await removeBlob(call.world, found(call))
  return { status: 202 }
}

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs (2026-11) */
function listed(call: BlobCall): BlobAnswer {
  checkContainer(call)
  const { world, account, request } = call
  const container = request.path.split('/')[1] ?? ''
  if (request.query.has('marker') && request.query.get('marker') !== '') throw notImplemented('further pages of blobs')
  const begins = request.query.get('prefix') ?? ''
  const withMetadata = (request.query.get('include') ?? '').split(',').includes('metadata')
  const blobs = Object.values(world.records.blobs)
    .filter((one) => one.account === account && one.container === container && one.name.startsWith(begins))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((one) => {
      const { etag, 'last-modified': changed } = stamps(one)
      const size = `<Content-Length>${one.sizeBytes}</Content-Length><BlobType>${typeOf(one)}</BlobType>`
      const metadata = Object.entries(one.metadata).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
      const told = withMetadata ? `<Metadata>${metadata.join('')}</Metadata>` : ''
      const own = `<Last-Modified>${changed}</Last-Modified><Etag>${escaped(etag ?? '')}</Etag>${size}`
      return `<Blob><Name>${escaped(one.name)}</Name><Properties>${own}</Properties>${told}</Blob>`
    })
  const place = `ServiceEndpoint="https://${account}.blob.core.windows.net/" ContainerName="${container}"`
  return xml(`<EnumerationResults ${place}><Blobs>${blobs.join('')}</Blobs><NextMarker /></EnumerationResults>`)
}

function xml(body: string, headers: Readonly<Record<string, string>> = {}): BlobAnswer {
  const text = `<?xml version="1.0" encoding="utf-8"?>${body}`
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: text }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
