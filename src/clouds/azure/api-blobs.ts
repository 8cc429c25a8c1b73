import { createHash } from 'node:crypto'
import { SindriError } from '../../core/error.ts'
import { type Answered, element, openBlobCalls, unescaped, type Wanted } from './api-calls.ts'
import type { BlobMetadata, BlobPlace, PageBlobs, PageRange } from './disk-port.ts'

/**
 * Page blobs by REST, with a bearer token. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api and
 * https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory (2026-11)
 * @param source where the credentials come from, in words
 */
export function openPageBlobs(token: (scope: string) => Promise<string>, source: string): PageBlobs {
  const { ask } = openBlobCalls(token, source)
  const pathOf = ({ container, name }: BlobPlace): string => `/${container}/${encodeURIComponent(name)}`
  const at = (blob: BlobPlace, wanted: Wanted): Promise<Answered> => ask(blob.account, pathOf(blob), wanted)
  const read = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
  const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
  const remove = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'

  return {
    async create(blob, sizeBytes, metadata) {
      const headers = {
        'x-ms-blob-type': 'PageBlob',
        'x-ms-blob-content-length': String(sizeBytes),
        'if-none-match': '*',
        ...metadataHeaders(metadata),
      }
      try {
        await at(blob, { method: 'PUT', action: write, headers })
      } catch (error) {
        // One of this name is there: made by this very call, whose answer was lost, or by an earlier run.
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
      }
    },

    async metadata(blob) {
      const { headers } = await at(blob, { method: 'HEAD', action: read })
      const own = Object.entries(headers).filter(([name]) => name.startsWith(metadataPrefix))
      return Object.fromEntries(own.map(([name, value]) => [name.slice(metadataPrefix.length), String(value)]))
    },

    async setMetadata(blob, metadata) {
      const headers = metadataHeaders(metadata)
      await at(blob, { method: 'PUT', action: write, query: { comp: 'metadata' }, headers })
    },

    async putPages(blob, offset, bytes) {
      const headers = {
        'x-ms-page-write': 'update',
        'x-ms-range': `bytes=${offset}-${offset + bytes.length - 1}`,
        'content-md5': createHash('md5').update(bytes).digest('base64'),
      }
      await at(blob, { method: 'PUT', action: write, query: { comp: 'page' }, headers, body: bytes })
    },

    async ranges(blob) {
      const found: PageRange[] = []
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const query = { comp: 'pagelist', ...(marker !== '' && { marker }) }
        const { text }: Answered = await at(blob, { method: 'GET', action: read, query })
        found.push(...rangesIn(text))
        marker = element(text, 'NextMarker')
      }
      return found
    },

    async list({ account, container }) {
      const found: { name: string; metadata: BlobMetadata }[] = []
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const query = { restype: 'container', comp: 'list', include: 'metadata', ...(marker !== '' && { marker }) }
        const { text }: Answered = await ask(account, `/${container}`, { method: 'GET', action: read, query })
        found.push(...blobsIn(text))
        marker = element(text, 'NextMarker')
      }
      return found
    },

    async remove(blob) {
      await at(blob, { method: 'DELETE', action: remove, headers: { 'x-ms-delete-snapshots': 'include' } })
    },
  }
}

const metadataPrefix = 'x-ms-meta-'

function metadataHeaders(metadata: BlobMetadata): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${metadataPrefix}${name}`, value]))
}

/** https://learn.microsoft.com/rest/api/storageservices/get-page-ranges (2026-11): inclusive, in bytes, ordered. */
function rangesIn(xml: string): readonly PageRange[] {
  const all = xml.matchAll(/<PageRange>\s*<Start>(\d+)<\/Start>\s*<End>(\d+)<\/End>\s*<\/PageRange>/g)
  return [...all].map(([, start, end]) => ({ offset: Number(start), length: Number(end) - Number(start) + 1 }))
}

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs (2026-11) */
function blobsIn(xml: string): readonly { readonly name: string; readonly metadata: BlobMetadata }[] {
  return [...xml.matchAll(/<Blob>(.*?)<\/Blob>/gs)].map(([, blob = '']) => {
    const metadata = [...(element(blob, 'Metadata') ?? '').matchAll(/<([A-Za-z_]\w*)>([^<]*)<\/\1>/g)]
    return {
      name: element(blob, 'Name') ?? '',
      metadata: Object.fromEntries(metadata.map(([, name = '', value = '']) => [name.toLowerCase(), unescaped(value)])),
    }
  })
}
