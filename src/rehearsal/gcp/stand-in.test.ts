import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { JWT } from 'google-auth-library'
import { expect, test } from 'vitest'
import { lastEntries } from '../kit/journal.ts'
import type { Json } from '../kit/json.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'

const root = 'https://compute.googleapis.com/compute/v1/projects/my-project-1'
const zone = `${root}/zones/us-west1-a`

const here = useRehearsal()

interface Key {
  readonly client_email: string
  readonly private_key: string
}

function key(): Key {
  return JSON.parse(readFileSync(here.rehearsal.environment.GOOGLE_APPLICATION_CREDENTIALS ?? '', 'utf8'))
}

function client({ client_email: email, private_key }: Key): JWT {
  const scopes = ['https://www.googleapis.com/auth/compute']
  return new JWT({ email, key: private_key, scopes, transporterOptions: { fetchImplementation: fetch } })
}

/** What Compute Engine answers, and with which status. */
async function ask(
  method: 'GET' | 'POST' | 'DELETE',
  url: string,
  data?: object,
): Promise<Json & { readonly http: number }> {
  const validateStatus = (): boolean => true
  const answer = await client(key()).request<Json>({ method, url, data, validateStatus })
  return { ...answer.data, http: answer.status }
}

const instance = (name: string): object => ({
  name,
  machineType: 'zones/us-west1-a/machineTypes/e2-medium',
  disks: [{ boot: true, initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12' } }],
  networkInterfaces: [{ network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }],
})

/** The reasons and the words of an error answer. */
function problem(answer: Json): string {
  return JSON.stringify(answer.error)
}

test('a token is given for the key of its account only', async () => {
  await expect(client(key()).authorize()).resolves.toMatchObject({ token_type: 'Bearer' })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const stranger = { ...key(), private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
  await expect(client(stranger).authorize()).rejects.toThrow('Invalid JWT Signature')
  await expect(client({ ...key(), client_email: 'other@x.iam.gserviceaccount.com' }).authorize()).rejects.toThrow(
    'account not found',
  )
})

test('a token that the client signed itself is verified: for this service, by this account, for an hour', async () => {
  const { client_email: email, private_key: own } = key()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const another = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const status = async (signer: string, audience: string): Promise<number> => {
    const headers = await new JWT({ email, key: signer }).getRequestHeaders(audience)
    return (await fetch(`${root}/global/images`, { headers })).status
  }
  expect(await status(own, 'https://compute.googleapis.com/')).toBe(200)
  expect(await status(another, 'https://compute.googleapis.com/')).toBe(401)
  expect(await status(own, 'https://storage.googleapis.com/')).toBe(401)
  here.now += 2 * 3_600_000
  expect(await status(own, 'https://compute.googleapis.com/')).toBe(401)
})

test('without a token of its own nothing is answered', async () => {
  expect((await fetch(`${root}/global/images`)).status).toBe(401)
  const headers = { authorization: 'Bearer ya29.made.up' }
  expect((await fetch(`${root}/global/images`, { headers })).status).toBe(401)
  const { token } = await client(key()).getAccessToken()
  here.now += 2 * 3_600_000
  expect((await fetch(`${root}/global/images`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
})

test('what it lacks is answered 501, and named', async () => {
  const lacking: readonly [Json & { readonly http: number }, string][] = [
    [await ask('GET', `${root}/global/snapshots`), '/global/snapshots'],
    [await ask('POST', `${zone}/instances`, { ...instance('a'), deletionProtection: true }), 'deletionProtection'],
    [await ask('GET', `${root}/global/images?userIp=1`), 'userIp'],
    [await ask('GET', `${root}/global/images?filter=diskSizeGb%3E10`), 'diskSizeGb>10'],
    [await ask('GET', `${zone}/machineTypes/a3-megagpu-8g`), 'a3-megagpu-8g'],
    [await ask('GET', `${root}/zones/mars-north1-a`), 'mars-north1-a'],
  ]
  for (const [answer, name] of lacking) {
    expect(answer.http).toBe(501)
    expect(problem(answer)).toContain(name)
  }
})

test('the same requestId begins a thing once; another one meets what exists', async () => {
  const url = `${zone}/instances?requestId=11111111-1111-4111-a111-111111111111`
  const first = await ask('POST', url, instance('a'))
  expect(first).toMatchObject({ status: 'RUNNING', operationType: 'insert' })
  expect(await ask('POST', url, instance('a'))).toMatchObject({ name: first.name })
  expect(await ask('POST', `${zone}/instances`, instance('a'))).toMatchObject({ http: 409 })
  expect(here.machines.size).toBe(1)
})

test('an operation is done after a moment, and waiting for it ends when it is', async () => {
  const { name } = await ask('POST', `${zone}/instances`, instance('a'))
  expect(await ask('GET', `${zone}/operations/${name}`)).toMatchObject({ progress: 0 })
  expect(await ask('POST', `${zone}/operations/${name}/wait`)).toMatchObject({ progress: 100 })
  here.now += 1000
  expect(await ask('GET', `${zone}/operations/${name}`)).toMatchObject({ progress: 100 })
})

test('an image is made of a disk that nothing uses, becomes ready, and is then removed', async () => {
  await ask('POST', `${zone}/instances`, instance('a'))
  const image = { name: 'golden', sourceDisk: 'zones/us-west1-a/disks/a', family: 'golden', labels: { team: 'x' } }
  expect(problem(await ask('POST', `${root}/global/images`, image))).toContain('resourceInUseByAnotherResource')
  await ask('DELETE', `${zone}/instances/a`)
  expect(here.machines.size).toBe(0)
  await ask('POST', `${root}/global/images`, image)
  expect(problem(await ask('DELETE', `${root}/global/images/golden`))).toContain('resourceNotReady')
  here.now += 2000
  const made = await fetchStatus(`${root}/global/images/golden`)
  expect(made).toBe('READY')
  await ask('POST', `${root}/global/images/golden/deprecate`, { state: 'DEPRECATED' })
  expect(problem(await ask('GET', `${root}/global/images/family/golden`))).toContain('notFound')
  await ask('DELETE', `${root}/global/images/golden`)
  expect(problem(await ask('GET', `${root}/global/images/golden`))).toContain('notFound')
})

async function fetchStatus(url: string): Promise<unknown> {
  return (await client(key()).request<Json>({ url })).data.status
}

test('names, labels and sizes that Google refuses are refused', async () => {
  for (const wrong of [
    { name: 'Upper' },
    { labels: { 'sindri:release': 'x' } },
    { labels: { release: 'With.Dots' } },
    {
      disks: [
        {
          boot: true,
          initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12', diskSizeGb: 1 },
        },
      ],
    },
    { machineType: 'zones/us-west1-a/machineTypes/t2a-standard-1' },
  ])
    expect(await ask('POST', `${zone}/instances`, { ...instance('a'), ...wrong })).toMatchObject({ http: 400 })
})

test('what was asked and made is there again after the daemon was killed, and machines run again', async () => {
  await ask('POST', `${zone}/instances`, instance('a'))
  await here.reopen()
  expect(here.machines.size).toBe(1)
  const { items } = await ask('GET', `${zone}/instances?filter=${encodeURIComponent('name="a"')}`)
  expect(items).toMatchObject([{ name: 'a' }])
})

test('faults come before or after the work, and only as often as asked for', async () => {
  const operation = 'compute.instances.insert'
  await here.reopen({
    faults: [
      { operation, when: 'before', code: 'rateLimitExceeded', left: 1 },
      { operation, when: 'after', code: 'backendError', left: 1 },
    ],
  })
  expect(await ask('POST', `${zone}/instances`, instance('a'))).toMatchObject({ http: 403 })
  expect(here.machines.size).toBe(0)
  expect(await ask('POST', `${zone}/instances`, instance('b'))).toMatchObject({ http: 503 })
  expect(here.machines.size).toBe(1)
})

test('a role is enforced, and tested for, by the permissions it includes', async () => {
  const value = { includedPermissions: ['compute.images.list'] }
  await here.reopen({ policy: { value, file: 'role.json' } })
  expect(await ask('GET', `${root}/global/images`)).toMatchObject({ kind: 'compute#imageList' })
  expect(problem(await ask('GET', `${root}/global/images/golden`))).toContain(
    "Required 'compute.images.get' permission",
  )
  const asked = { permissions: ['compute.images.get', 'compute.images.list'] }
  const url = 'https://cloudresourcemanager.googleapis.com/v1/projects/my-project-1:testIamPermissions'
  const validateStatus = (): boolean => true
  const { data } = await client(key()).request<Json>({ method: 'POST', url, data: asked, validateStatus })
  expect(data).toEqual({ permissions: ['compute.images.list'] })
})

test('lists come in pages', async () => {
  for (const name of ['a', 'b', 'c']) await ask('POST', `${zone}/instances`, instance(name))
  const first = await ask('GET', `${zone}/disks?maxResults=2`)
  expect(first.items).toMatchObject([{ name: 'a' }, { name: 'b' }])
  const next = await ask('GET', `${zone}/disks?maxResults=2&pageToken=${first.nextPageToken}`)
  expect(next.items).toMatchObject([{ name: 'c' }])
})

test('the journal tells what was asked, without metadata that may hold secrets', async () => {
  const items = [{ key: 'startup-script', value: 'secret' }]
  await ask('POST', `${zone}/instances`, { ...instance('a'), metadata: { items } })
  const entries = lastEntries(filesOf(here.places).journal, 10)
  expect(entries.at(-1)).toMatchObject({ cloud: 'gcp', operation: 'compute.instances.insert', region: 'us-west1-a' })
  expect(JSON.stringify(entries)).not.toContain('secret')
})
