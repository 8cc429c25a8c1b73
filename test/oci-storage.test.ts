import { createHash, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { objectSink, partBytesOf } from '../src/clouds/oci/object-sink.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type OciClient, ociClient } from './oci-client.ts'

const region = 'eu-frankfurt-1'
const compartmentId = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const bucket = 'n/sindrirehearsal/b/disks'
const here = useRehearsal()

const storage = (where: string = region): OciClient => ociClient(here.rehearsal.environment, where, 'objectstorage')
const compute = (where: string = region): OciClient => ociClient(here.rehearsal.environment, where)
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const md5 = (text: string): string => hash('md5', text, 'base64')

async function makeBucket(): Promise<OciClient> {
  const client = storage()
  expect(await client.ask('GET', 'n')).toBe('sindrirehearsal')
  await client.ask('POST', 'n/sindrirehearsal/b', { name: 'disks', compartmentId })
  return client
}

async function makeAccess(client: OciClient, object: string): Promise<{ readonly id: string; readonly url: string }> {
  const timeExpires = new Date(here.now + 60_000).toISOString()
  const asked = { name: 'a', objectName: object, accessType: 'ObjectRead', timeExpires }
  const made = await client.ask<{ readonly id: string; readonly accessUri: string }>('POST', `${bucket}/p`, asked)
  return { id: made.id, url: `https://objectstorage.${region}.oraclecloud.com${made.accessUri}` }
}

test('a bucket is private unless it is asked to be open, and its name is taken once in a region', async () => {
  const client = await makeBucket()
  expect(await client.ask('GET', bucket)).toMatchObject({ publicAccessType: 'NoPublicAccess', storageTier: 'Standard' })
  await expect(client.ask('POST', 'n/sindrirehearsal/b', { name: 'disks', compartmentId })).rejects.toThrow(
    '409 {"code":"BucketAlreadyExists"',
  )
  await expect(storage('us-phoenix-1').ask('GET', bucket)).rejects.toThrow('404 {"code":"BucketNotFound"')
})

test('a part whose bytes are not those of its MD5 is refused, and an upload is committed of the parts that it has', async () => {
  const client = await makeBucket()
  const { uploadId } = await client.ask<{ readonly uploadId: string }>('POST', `${bucket}/u`, {
    object: 'disk',
    metadata: { 'opc-meta-name': 'golden' },
  })
  const at = (part: number): string => `${bucket}/u/disk?uploadId=${uploadId}&uploadPartNum=${part}`
  const refused = await client.put(at(1), bytes('one'), { 'content-md5': md5('two') })
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'UnmatchedContentMD5' }])
  expect((await client.put(at(10_001), bytes('one'))).status).toBe(400)
  const etags = await Promise.all(
    ['one', 'two'].map(async (text, index) => {
      const stored = await client.put(at(index + 1), bytes(text), { 'content-md5': md5(text) })
      return { partNum: index + 1, etag: stored.headers.get('etag') }
    }),
  )
  expect(await client.ask('GET', `${bucket}/u/disk?uploadId=${uploadId}`)).toMatchObject([
    { partNumber: 1, md5: md5('one'), size: 3 },
    { partNumber: 2, md5: md5('two'), size: 3 },
  ])
  const commit = (partsToCommit: object): Promise<unknown> =>
    client.ask('POST', `${bucket}/u/disk?uploadId=${uploadId}`, { partsToCommit })
  await expect(commit([{ partNum: 1, etag: 'another' }])).rejects.toThrow('InvalidUploadPart')
  await expect(commit(etags.slice(1))).rejects.toThrow('every part must be in')
  await commit(etags)
  await expect(commit(etags)).rejects.toThrow('404 {"code":"NoSuchUpload"')
  const { url } = await makeAccess(client, 'disk')
  const answer = await fetch(url)
  expect(await answer.text()).toBe('onetwo')
  const sum = createHash('md5')
    .update(Buffer.from(md5('one'), 'base64'))
    .update(Buffer.from(md5('two'), 'base64'))
  expect(answer.headers.get('opc-multipart-md5')).toBe(`${sum.digest('base64')}-2`)
  expect(answer.headers.get('opc-meta-name')).toBe('golden')
})

test('a pre-authenticated request opens its object and no other until it expires or goes, and is told to nobody', async () => {
  const client = await makeBucket()
  await client.put(`${bucket}/o/a`, bytes('secret'))
  await client.put(`${bucket}/o/b`, bytes('other'))
  const { id, url } = await makeAccess(client, 'a')
  expect(await (await fetch(url)).text()).toBe('secret')
  expect((await fetch(url.replace(/\/o\/a$/, '/o/b'))).status).toBe(401)
  expect((await fetch(url.replace('eu-frankfurt-1', 'us-phoenix-1'))).status).toBe(401)
  expect(JSON.stringify(await client.ask('GET', `${bucket}/p`))).not.toContain(url.split('/')[4])
  here.now += 61_000
  expect((await fetch(url)).status).toBe(401)
  const again = await makeAccess(client, 'a')
  expect((await fetch(again.url)).status).toBe(200)
  await client.ask('DELETE', `${bucket}/p/${again.id}`)
  expect((await fetch(again.url)).status).toBe(401)
  expect(id).not.toBe(again.id)
  const { journal } = filesOf(here.places)
  expect(readFileSync(journal, 'utf8')).not.toContain(url.split('/')[4])
})

test('what is no disk fails while it is imported, with a reason, and leaves no image', async () => {
  const client = await makeBucket()
  await client.put(`${bucket}/o/no-disk`, bytes('no disk'))
  const { url } = await makeAccess(client, 'no-disk')
  const imported = (sourceUri: string): Promise<{ readonly id: string }> =>
    compute('us-phoenix-1').ask('POST', 'images', {
      compartmentId,
      launchMode: 'PARAVIRTUALIZED',
      imageSourceDetails: { sourceType: 'objectStorageUri', sourceUri, sourceImageType: 'QCOW2' },
    })
  await expect(imported(`${url}x`)).rejects.toThrow('cannot be read')
  const { id } = await imported(url)
  const [request] = await compute('us-phoenix-1').ask<readonly { readonly id: string }[]>(
    'GET',
    `workRequests?compartmentId=${compartmentId}&resourceId=${id}`,
  )
  expect(request).toMatchObject({ status: 'IN_PROGRESS' })
  here.now += 5_000
  const told = `workRequests/${request?.id}`
  expect(await compute('us-phoenix-1').ask('GET', told)).toMatchObject({ status: 'FAILED' })
  expect(await compute('us-phoenix-1').ask('GET', `${told}/errors`)).toMatchObject([
    { message: 'the file is no QCOW2 image' },
  ])
  expect(await compute('us-phoenix-1').ask('GET', `images/${id}`)).toMatchObject({ lifecycleState: 'DELETED' })
  expect(readFileSync(filesOf(here.places).journal, 'utf8')).not.toContain(url.split('/')[4])
})

test('a file of any size has at most 10,000 parts', () => {
  for (const size of [1, 16 * 1024 ** 2, 400e9, 2 * 1024 ** 4]) {
    expect(Math.ceil(size / partBytesOf(size))).toBeLessThanOrEqual(10_000)
  }
  expect(partBytesOf(1)).toBe(16 * 1024 ** 2)
})

test('an object whose sum is not that of its parts is removed, and the upload fails', async () => {
  const removed: string[] = []
  const nothing = (): never => {
    throw new Error('not asked')
  }
  const sink = objectSink(
    {
      ...{ bucket: nothing, createBucket: nothing, namespace: nothing, object: nothing, objects: nothing },
      ...{ startUpload: nothing, uploads: nothing, abort: nothing },
      ...{ createAccess: nothing, accesses: nothing, deleteAccess: nothing },
      parts: async () => [],
      putPart: async () => 'b',
      commit: async (_, __, parts) => `${parts.map(({ etag }) => etag).join('')}-1`,
      deleteObject: async (_, name) => void removed.push(name),
    },
    { region, namespace: 'n', name: 'b' },
    { object: 'disk', id: 'u' },
  )
  await sink.put(0, bytes('now'), false)
  await expect(sink.finish(3)).rejects.toThrow('b/disk is not what was sent: b-1')
  expect(removed).toEqual(['disk'])
})
