import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { type Json, objectIn, objectsIn } from '../kit/json.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'
import { account } from './account.ts'
import { importMs } from './states.ts'

const here = useRehearsal()
const [one, other, admin, app] = [account, `${account}-other`, `${account}-admin`, `${account}-app`] as const
const glance = 'https://images.openstack.example/RegionOne'
const id = '5c7ad9b2-93f2-4b31-9b3f-0d4b4e7d3a55'
const patchType = 'application/openstack-images-v2.1-json-patch'

interface Answer {
  readonly http: number
  readonly json: Json
  readonly text: string
}

function authOf(cloud: string): Json {
  const file = here.rehearsal.environment.OS_CLIENT_CONFIG_FILE ?? ''
  return objectIn(objectIn(objectIn(objectIn(JSON.parse(readFileSync(file, 'utf8'))).clouds)[cloud]).auth)
}

/** Logs in by the book: https://docs.openstack.org/api-ref/identity/v3/#password-authentication-with-scoped-authorization */
async function login(cloud: string, more: object = {}): Promise<{ http: number; token: string; json: Json }> {
  const auth: Json = { ...authOf(cloud), ...more }
  const domain = { name: 'Default' }
  const { application_credential_id: credential, application_credential_secret: secret } = auth
  const user = { name: auth.username, password: auth.password, domain }
  const body =
    credential === undefined
      ? {
          identity: { methods: ['password'], password: { user } },
          scope: { project: { name: auth.project_name, domain } },
        }
      : { identity: { methods: ['application_credential'], application_credential: { id: credential, secret } } }
  const answer = await fetch(`${auth.auth_url}/auth/tokens`, { method: 'POST', body: JSON.stringify({ auth: body }) })
  return {
    http: answer.status,
    token: answer.headers.get('x-subject-token') ?? '',
    json: objectIn(await answer.json()),
  }
}

async function ask(method: string, path: string, body?: unknown, cloud: string = one): Promise<Answer> {
  const { token } = await login(cloud)
  const bytes = body instanceof Uint8Array
  const answer = await fetch(`${glance}/v2/${path}`, {
    method,
    headers: { 'x-auth-token': token, ...(method === 'PATCH' && { 'content-type': patchType }) },
    ...(body !== undefined && { body: bytes ? new Uint8Array(body) : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { http: answer.status, text, json: text.startsWith('{') ? objectIn(JSON.parse(text)) : {} }
}

const create = (more: object = {}): Promise<Answer> =>
  ask('POST', 'images', { id, name: 'golden', disk_format: 'raw', container_format: 'bare', ...more })
const send = (bytes: Uint8Array, kind = 'file'): Promise<Answer> => ask('PUT', `images/${id}/${kind}`, bytes)
const set = (path: string, value: unknown, cloud?: string): Promise<Answer> =>
  ask('PATCH', `images/${id}`, [{ op: 'replace', path, value }], cloud)
const status = async (): Promise<unknown> => (await ask('GET', `images/${id}`)).json.status

async function listed(query = '', cloud: string = one): Promise<readonly unknown[]> {
  return objectsIn((await ask('GET', `images?${query}`, undefined, cloud)).json.images).map((image) => image.name)
}

test('a token tells the project, its roles and two regions; nothing but the very secret opens one', async () => {
  const { http, json } = await login(one)
  const { project, roles, catalog } = objectIn(json.token)
  expect([http, objectIn(project).name, objectsIn(roles).map(({ name }) => name)]).toEqual([
    201,
    one,
    ['member', 'reader'],
  ])
  const images = objectsIn(objectsIn(catalog).find(({ type }) => type === 'image')?.endpoints)
  expect(new Set(images.map(({ region_id: region }) => region))).toEqual(new Set(['RegionOne', 'RegionTwo']))
  expect((await login(app)).http).toBe(201)
  expect((await login(one, { password: 'wrong' })).http).toBe(401)
  expect((await login(app, { application_credential_secret: 'wrong' })).http).toBe(401)
  // Somebody else's project.
  expect((await login(one, { project_name: other })).http).toBe(401)
  const [words = ''] = (await login(one)).token.split('.')
  const forged = await fetch(`${glance}/v2/images`, { headers: { 'x-auth-token': `${words}.x` } })
  expect(forged.status).toBe(401)
})

test('a token ends', async () => {
  const { token } = await login(one)
  here.now += 3_600_001
  expect((await fetch(`${glance}/v2/images`, { headers: { 'x-auth-token': token } })).status).toBe(401)
})

test('what is sent is kept and summed up, and sent once', async () => {
  const bytes = Buffer.alloc(200_000, 'disk')
  bytes.fill(0, 65_536, 131_072)
  await create({ hw_firmware_type: 'uefi' })
  expect(await status()).toBe('queued')
  expect((await send(bytes)).http).toBe(204)
  const sha512 = createHash('sha512').update(bytes).digest('hex')
  expect((await ask('GET', `images/${id}`)).json).toMatchObject({
    ...{ status: 'active', size: 200_000, virtual_size: 200_000, os_hash_algo: 'sha512', os_hash_value: sha512 },
    ...{ checksum: createHash('md5').update(bytes).digest('hex'), hw_firmware_type: 'uefi' },
  })
  expect((await ask('GET', `images/${id}/file`)).text).toBe(bytes.toString())
  expect((await send(bytes)).http).toBe(409)
})

test('bytes that break off leave the image as it was', async () => {
  await create()
  const { token } = await login(one)
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1000))
      controller.error(new Error('away'))
    },
  })
  const headers = { 'x-auth-token': token }
  // @ts-expect-error Node wants `duplex`, which its own types do not know.
  const sending = fetch(`${glance}/v2/images/${id}/file`, { method: 'PUT', headers, body, duplex: 'half' })
  await expect(sending).rejects.toThrow()
  await expect.poll(status).toBe('queued')
  expect((await send(Buffer.from('disk'))).http).toBe(204)
})

test('a file that is not in the format its image has is refused, and one that leads to another file', async () => {
  await create({ disk_format: 'qcow2' })
  expect(await send(Buffer.alloc(1000))).toMatchObject({ http: 415, text: expect.stringContaining('raw is not qcow2') })
  const qcow2 = Buffer.alloc(1000)
  qcow2.write('QFI\xfb', 'latin1')
  qcow2.writeBigUInt64BE(512n, 8)
  qcow2.writeBigUInt64BE(4096n, 24)
  expect(await send(qcow2)).toMatchObject({ http: 415, text: expect.stringContaining('backing file') })
  qcow2.writeBigUInt64BE(0n, 8)
  expect((await send(qcow2)).http).toBe(204)
  expect((await ask('GET', `images/${id}`)).json.virtual_size).toBe(4096)
})

test('an id is given once, even after the image is deleted, and in each region for itself', async () => {
  expect((await create()).http).toBe(201)
  expect((await create()).http).toBe(409)
  expect((await set('/protected', true)).http).toBe(200)
  expect((await ask('DELETE', `images/${id}`)).http).toBe(403)
  await set('/protected', false)
  expect((await ask('DELETE', `images/${id}`)).http).toBe(204)
  expect(await create()).toMatchObject({ http: 409, text: expect.stringContaining('already exists') })
  await here.reopen()
  expect((await create()).http).toBe(409)
  expect((await ask('GET', `images/${id}`)).http).toBe(404)
})

test('who sees an image: the owner, members that have accepted, and whoever asks for community images', async () => {
  const project = objectIn(objectIn((await login(other)).json.token).project).id
  await create({ visibility: 'private' })
  expect((await ask('POST', `images/${id}/members`, { member: project })).http).toBe(403)
  expect((await ask('GET', `images/${id}`, undefined, other)).http).toBe(404)
  await set('/visibility', 'shared')
  expect((await ask('POST', `images/${id}/members`, { member: project })).json.status).toBe('pending')
  expect((await ask('POST', `images/${id}/members`, { member: project })).http).toBe(409)
  expect([await listed('', other), (await ask('GET', `images/${id}`, undefined, other)).http]).toEqual([[], 200])
  expect((await ask('PUT', `images/${id}/members/${project}`, { status: 'accepted' })).http).toBe(403)
  await ask('PUT', `images/${id}/members/${project}`, { status: 'accepted' }, other)
  expect(await listed('', other)).toEqual(['golden'])
  expect((await set('/name', 'mine', other)).http).toBe(403)
  expect((await ask('DELETE', `images/${id}/members/${project}`)).http).toBe(204)
  expect((await ask('DELETE', `images/${id}/members/${project}`)).http).toBe(404)
  await set('/visibility', 'community')
  expect([await listed('', other), await listed('visibility=all', other)]).toEqual([[], ['golden']])
  expect(await set('/visibility', 'public')).toMatchObject({
    http: 403,
    text: expect.stringContaining('publicize_image'),
  })
  expect((await set('/visibility', 'public', admin)).http).toBe(200)
  expect(await listed('', other)).toEqual(['golden'])
})

test('a patch changes all it says or nothing, and what is nobody’s to change stays', async () => {
  await create({ a: '1' })
  const patch = [
    { op: 'add', path: '/b~1c', value: '2' },
    { op: 'remove', path: '/none' },
  ]
  expect((await ask('PATCH', `images/${id}`, patch)).http).toBe(409)
  expect((await ask('GET', `images/${id}`)).json).not.toHaveProperty('b/c')
  await ask('PATCH', `images/${id}`, [patch[0], { op: 'remove', path: '/a' }])
  const { json } = await ask('GET', `images/${id}`)
  expect([json['b/c'], json.a]).toEqual(['2', undefined])
  for (const path of ['/status', '/owner', '/os_hash_value', '/os_glance_x'])
    expect((await set(path, 'x')).http).toBe(path === '/os_glance_x' ? 409 : 403)
})

test('a list is filtered and comes in pages', async () => {
  for (const name of ['a', 'b', 'c'])
    await ask('POST', 'images', { name, tags: [name], kind: name === 'c' ? 'y' : 'x' })
  expect(await listed('sort=name:asc')).toEqual(['a', 'b', 'c'])
  expect(await listed('kind=x&sort=name:asc')).toEqual(['a', 'b'])
  expect(await listed('tag=b')).toEqual(['b'])
  expect(await listed('os_hidden=true')).toEqual([])
  const first = await ask('GET', 'images?sort=name:asc&limit=2')
  expect(await listed(String(first.json.next).replace(/^.*\?/, ''))).toEqual(['c'])
})

test('what was staged becomes the image in its time, also over a restart', async () => {
  await create()
  expect((await ask('POST', `images/${id}/import`, { method: { name: 'glance-direct' } })).http).toBe(409)
  await send(Buffer.from('disk'), 'stage')
  expect(await status()).toBe('uploading')
  expect((await ask('POST', `images/${id}/import`, { method: { name: 'glance-direct' } })).http).toBe(202)
  await here.reopen()
  expect(await status()).toBe('importing')
  here.now += importMs
  expect((await ask('GET', `images/${id}/file`)).text).toBe('disk')
})

test('Glance fetches from this machine alone, and tells afterwards what went wrong', async () => {
  const server = createServer((request, answer) => {
    if (request.url === '/disk') answer.end('disk')
    else answer.writeHead(404).end()
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const at = (path: string): string => `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/${path}`
  const fetchFrom = (uri: string): Promise<Answer> =>
    ask('POST', `images/${id}/import`, { method: { name: 'web-download', uri } })
  await create()
  expect((await fetchFrom('http://192.0.2.1/disk')).http).toBe(400)
  expect((await fetchFrom(at('none'))).http).toBe(202)
  here.now += importMs
  expect(await status()).toBe('queued')
  expect((await ask('GET', `images/${id}/tasks`)).json.tasks).toMatchObject([
    { status: 'failure', message: expect.stringContaining('404') },
  ])
  await fetchFrom(at('disk'))
  here.now += importMs
  expect((await ask('GET', `images/${id}/file`)).text).toBe('disk')
})

test('what it does not have is answered 501 by name, and no token or password is written down', async () => {
  expect(await ask('GET', 'metadefs/namespaces')).toMatchObject({
    http: 501,
    text: expect.stringContaining('metadefs'),
  })
  expect((await ask('GET', 'images?size_min=1')).http).toBe(501)
  const journal = readFileSync(filesOf(here.places).journal, 'utf8')
  expect(journal).toContain('CreateToken')
  for (const secret of [authOf(one).password, authOf(app).application_credential_secret, (await login(one)).token])
    expect(journal).not.toContain(secret)
})
