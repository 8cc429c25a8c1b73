import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { useRehearsal } from '../rehearsal.fixture.ts'
import { account } from './places.ts'

const here = useRehearsal(undefined, (now) => now + 50)
const group = `https://management.azure.com/subscriptions/${account.subscription}/resourceGroups/g`
const storage = `${group}/providers/Microsoft.Storage/storageAccounts/vault`
const blob = 'https://vault.blob.core.windows.net/disks/one.vhd'
const galleryUrl = `${group}/providers/Microsoft.Compute/galleries/golden`

async function tokenFor(scope: string): Promise<string> {
  const { AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '', AZURE_TENANT_ID } = here.rehearsal.environment
  const body = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_id: AZURE_CLIENT_ID, client_secret: AZURE_CLIENT_SECRET, scope },
  })
  const answer = await fetch(`https://login.microsoftonline.com/${AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

async function arm(method: string, url: string, body?: object): Promise<{ status: number; body: string }> {
  const token = await tokenFor('https://management.azure.com/.default')
  const answer = await fetch(`${url}?api-version=2024-03-03`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.text() }
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  readonly token?: string
}

async function ask(method: string, url: string, { headers = {}, body, token }: Asked = {}): Promise<Response> {
  const bearer = token ?? (await tokenFor('https://storage.azure.com/.default'))
  return fetch(url, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'x-ms-version': '2021-12-02', ...headers },
    ...(body && { body }),
  })
}

const refusal = async (answer: Promise<Response>): Promise<string> => {
  const { status, headers } = await answer
  return `${status} ${headers.get('x-ms-error-code')}`
}

/** An account with a container, and an empty page blob in it. */
async function prepare(sizeBytes: number): Promise<void> {
  await arm('PUT', group, { location: 'westeurope' })
  await arm('PUT', storage, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } })
  await arm('PUT', `${storage}/blobServices/default/containers/disks`, {})
  const headers = { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': String(sizeBytes) }
  expect((await ask('PUT', blob, { headers })).status).toBe(201)
}

function put(
  offset: number,
  bytes: Buffer<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const range = `bytes=${offset}-${offset + bytes.length - 1}`
  const own = { 'x-ms-page-write': 'update', 'x-ms-range': range, ...headers }
  return ask('PUT', `${blob}?comp=page`, { headers: own, body: bytes })
}

test('pages are stored where they are said to be, summed up, and told again after a restart', async () => {
  await prepare(8192)
  const bytes = Buffer.alloc(1024, 'x')
  expect((await put(512, bytes, { 'content-md5': hash('md5', bytes, 'base64') })).status).toBe(201)
  expect((await put(4096, bytes)).status).toBe(201)
  expect(await refusal(put(0, bytes, { 'content-md5': hash('md5', 'other', 'base64') }))).toBe('400 Md5Mismatch')
  expect(await refusal(put(100, bytes))).toBe('416 InvalidPageRange')
  expect(await refusal(put(7680, bytes))).toBe('416 InvalidPageRange')
  await here.reopen()
  const list = await (await ask('GET', `${blob}?comp=pagelist`)).text()
  expect(list).toContain('<PageRange><Start>512</Start><End>1535</End></PageRange>')
  expect(list).toContain('<PageRange><Start>4096</Start><End>5119</End></PageRange>')
  const got = await ask('GET', blob, { headers: { 'x-ms-range': 'bytes=510-513' } })
  expect(got.status).toBe(206)
  expect(Buffer.from(await got.arrayBuffer())).toEqual(Buffer.from('\0\0xx'))
})

test('who asks is verified: the token must be for Storage, and the role must allow it for data', async () => {
  await prepare(512)
  const management = await tokenFor('https://management.azure.com/.default')
  expect(await refusal(ask('HEAD', blob, { token: management }))).toBe('401 InvalidAuthenticationInfo')
  expect(await refusal(ask('HEAD', blob, { token: 'made.up.token' }))).toBe('401 InvalidAuthenticationInfo')
  const read = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
  const enforce = (role: object) => here.reopen({ policy: { value: role, file: 'role.json' } })
  await enforce({ Actions: ['*'] })
  expect(await refusal(ask('HEAD', blob))).toBe('403 AuthorizationPermissionMismatch')
  await enforce({ Actions: [], DataActions: [read] })
  expect((await ask('HEAD', blob)).status).toBe(200)
  expect(await refusal(ask('DELETE', blob))).toBe('403 AuthorizationPermissionMismatch')
})

test('a blob is made once when that is asked for, and what is not there is told as such', async () => {
  await prepare(512)
  const headers = { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': '512', 'if-none-match': '*' }
  expect(await refusal(ask('PUT', blob, { headers }))).toBe('409 BlobAlreadyExists')
  const odd = { ...headers, 'x-ms-blob-content-length': '513' }
  expect(await refusal(ask('PUT', `${blob}2`, { headers: odd }))).toBe('400 InvalidHeaderValue')
  expect(await refusal(ask('HEAD', `${blob}3`))).toBe('404 BlobNotFound')
  expect(await refusal(ask('PUT', blob.replace('disks', 'none'), { headers }))).toBe('404 ContainerNotFound')
  expect(await refusal(ask('PUT', blob, { headers: { 'x-ms-blob-type': 'AppendBlob' } }))).toBe('501 NotImplemented')
})

/** The footer of a fixed VHD, written here by the format's own specification. */
function footer(sizeBytes: number, kind = 2): Buffer<ArrayBuffer> {
  const made = Buffer.alloc(512)
  made.write('conectix')
  made.writeBigUInt64BE(BigInt(sizeBytes), 40)
  made.writeBigUInt64BE(BigInt(sizeBytes), 48)
  made.writeUInt32BE(kind, 60)
  made.writeUInt32BE(~made.reduce((sum, byte) => sum + byte, 0) >>> 0, 64)
  return made
}

test.each([
  ['no footer', 1 << 20, () => Buffer.alloc(512), 'has no footer'],
  ['a footer of another size', 1 << 20, () => footer(2 << 20), 'has another size than its footer says'],
  ['a dynamic disk', 1 << 20, (size: number) => footer(size, 3), 'is not of fixed size'],
  ['a size that is no whole MiB', (1 << 20) + 512, (size: number) => footer(size), 'has an unsupported virtual size'],
  [
    'a footer with a flipped bit',
    1 << 20,
    (size: number) => Buffer.from(footer(size).map((byte, at) => (at === 9 ? byte ^ 1 : byte))),
    'has a footer with a wrong checksum',
  ],
])('a version of a VHD with %s is refused', async (_, size, made, why) => {
  await prepare(size + 512)
  expect((await put(size, made(size))).status).toBe(201)
  await arm('PUT', galleryUrl, { location: 'westeurope' })
  const identifier = { publisher: 'p', offer: 'o', sku: 's' }
  await arm('PUT', `${galleryUrl}/images/i`, { location: 'westeurope', properties: { identifier } })
  const source = { storageAccountId: new URL(storage).pathname, uri: blob }
  const answer = await arm('PUT', `${galleryUrl}/images/i/versions/1.0.0`, {
    location: 'westeurope',
    properties: { storageProfile: { osDiskImage: { source } } },
  })
  expect(answer).toMatchObject({ status: 400, body: expect.stringContaining(why) })
})

test('the definition and the sharing of a gallery cannot be changed afterwards', async () => {
  await arm('PUT', group, { location: 'westeurope' })
  await arm('PUT', galleryUrl, { location: 'westeurope' })
  const properties = { identifier: { publisher: 'p', offer: 'o', sku: 's' }, hyperVGeneration: 'V1' }
  const put = (more: object) =>
    arm('PUT', `${galleryUrl}/images/i`, { location: 'westeurope', properties: { ...properties, ...more } })
  expect((await put({})).status).toBe(201)
  expect((await put({ description: 'more' })).status).toBe(200)
  expect(await put({ hyperVGeneration: 'V2' })).toMatchObject({
    status: 409,
    body: expect.stringContaining('PropertyChangeNotAllowed'),
  })
  const sharingProfile = { permissions: 'Community' }
  expect((await arm('PUT', galleryUrl, { location: 'westeurope', properties: { sharingProfile } })).status).toBe(409)
  expect((await arm('POST', `${galleryUrl}/share`, { operationType: 'EnableCommunity' })).status).toBe(409)
})
