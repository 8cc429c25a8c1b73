import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lastEntries } from '../kit/journal.ts'
import { type Json, objectsIn } from '../kit/json.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'

const compartmentId = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const debian = `ocid1.image.oc1..${'aaaaaaaarehearseddebian12'.padEnd(60, 'a')}`

const here = useRehearsal()

interface Signed {
  readonly key?: KeyObject
  readonly keyId?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that are signed; otherwise those that Oracle requires. */
  readonly over?: readonly string[]
  readonly host?: string
  /** Sent in place of the body that was signed. */
  readonly sent?: string
}

type Answer = Json & { readonly http: number; readonly list: readonly Json[]; readonly headers: Headers }

/** Signs by the book, https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm, and with nobody's library. */
async function ask(method: string, path: string, body?: object, how: Signed = {}): Promise<Answer> {
  const { OCI_CLI_KEY_FILE = '', ...own } = here.rehearsal.environment
  const { key = createPrivateKey(readFileSync(OCI_CLI_KEY_FILE)), host = 'iaas.us-phoenix-1.oraclecloud.com' } = how
  const { keyId = `${own.OCI_CLI_TENANCY}/${own.OCI_CLI_USER}/${own.OCI_CLI_FINGERPRINT}` } = how
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers: Record<string, string> = {
    date: new Date(here.now).toUTCString(),
    host,
    ...(text !== undefined && {
      'x-content-sha256': createHash('sha256').update(text).digest('base64'),
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
    }),
    ...how.headers,
  }
  const target = `/20160918/${path}`
  const required = ['date', '(request-target)', 'host']
  const over =
    how.over ?? (text === undefined ? required : [...required, 'x-content-sha256', 'content-type', 'content-length'])
  const lines = over.map(
    (name) => `${name}: ${name.startsWith('(') ? `${method.toLowerCase()} ${target}` : headers[name]}`,
  )
  const signature = sign('sha256', Buffer.from(lines.join('\n')), key).toString('base64')
  const fields = `keyId="${keyId}",algorithm="rsa-sha256",headers="${over.join(' ')}",signature="${signature}"`
  const answer = await fetch(`https://${host}${target}`, {
    method,
    headers: { ...headers, authorization: `Signature version="1",${fields}` },
    ...(text !== undefined && { body: how.sent ?? text }),
  })
  const said = await answer.text()
  const told: unknown = said === '' ? {} : JSON.parse(said)
  return { ...(told as object), list: objectsIn(told), http: answer.status, headers: answer.headers }
}

const instance = (more: object = {}): object => ({
  compartmentId,
  availabilityDomain: 'Uocm:PHX-AD-1',
  displayName: 'a',
  shape: 'VM.Standard2.1',
  sourceDetails: { sourceType: 'image', imageId: debian },
  createVnicDetails: { subnetId: 'ocid1.subnet.oc1.phx.aaaaaaaasubnet', assignPublicIp: true },
  ...more,
})

const launch = (more?: object, how?: Signed): Promise<Answer> => ask('POST', 'instances', instance(more), how)
const list = (kind: string, query = ''): Promise<Answer> => ask('GET', `${kind}?compartmentId=${compartmentId}${query}`)

test('a request that is signed by the book is answered, with an id of its own', async () => {
  const answer = await list('instances')
  expect(answer).toMatchObject({ http: 200, list: [] })
  expect(answer.headers.get('opc-request-id')).toMatch(/^[0-9A-F]{32}\/[0-9A-F]{32}\/[0-9A-F]{32}$/)
  expect((await launch()).http).toBe(200)
})

test('whatever of a signature is wrong, the answer is 401 and nothing is done', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const withBody = ['date', '(request-target)', 'host', 'content-type', 'content-length']
  const old = new Date(here.now - 6 * 60_000).toUTCString()
  const other = instance({ displayName: 'b' })
  const wrong: readonly Answer[] = [
    await launch({}, { key: privateKey }),
    await launch({}, { keyId: 'ocid1.tenancy.oc1..a/ocid1.user.oc1..a/00:00' }),
    await launch({}, { headers: { date: old } }),
    // The body is exchanged on its way, with and without its hash.
    await launch({}, { sent: JSON.stringify(other) }),
    await launch({}, { over: withBody, sent: JSON.stringify(other) }),
    await ask('GET', `instances?compartmentId=${compartmentId}`, undefined, { over: ['date', 'host'] }),
    await ask('GET', `instances?compartmentId=${compartmentId}`, undefined, { over: ['(request-target)', 'host'] }),
  ]
  for (const answer of wrong) expect(answer).toMatchObject({ http: 401, code: 'NotAuthenticated' })
  expect((await fetch('https://iaas.us-phoenix-1.oraclecloud.com/20160918/instances')).status).toBe(401)
  expect(here.machines.size).toBe(0)
})

test('what it lacks is answered 501, and named', async () => {
  const host = 'iaas.mx-monterrey-1.oraclecloud.com'
  const lacking: readonly [Answer, string][] = [
    [await list('volumes'), '/volumes'],
    [await launch({ dedicatedVmHostId: 'x' }), 'dedicatedVmHostId'],
    [await list('images', '&billable=1'), 'billable'],
    [await launch({ shape: 'BM.GPU.H100.8' }), 'BM.GPU.H100.8'],
    [await ask('GET', `images?compartmentId=${compartmentId}`, undefined, { host }), 'mx-monterrey-1'],
    [
      await launch({ createVnicDetails: { subnetId: 'ocid1.subnet.oc1.phx.a', assignPublicIp: false } }),
      'public address',
    ],
  ]
  for (const [answer, name] of lacking) {
    expect(answer.http).toBe(501)
    expect(String(answer.message)).toContain(name)
  }
})

test('the same retry token launches once; with another request it is refused', async () => {
  const headers = { 'opc-retry-token': 'once' }
  const first = await launch({}, { headers })
  expect(first).toMatchObject({ http: 200, lifecycleState: 'PROVISIONING' })
  expect(await launch({}, { headers })).toMatchObject({ id: first.id })
  expect(await launch({ displayName: 'b' }, { headers })).toMatchObject({ http: 409, code: 'InvalidatedRetryToken' })
  expect(here.machines.size).toBe(1)
})

test('an image is made of an instance, becomes available, launches, and is then removed', async () => {
  const { id } = await launch()
  const body = { compartmentId, instanceId: id, displayName: 'golden', freeformTags: { team: 'x' } }
  const image = await ask('POST', 'images', body)
  expect(image).toMatchObject({ lifecycleState: 'PROVISIONING', operatingSystem: 'Debian', baseImageId: debian })
  expect(await ask('DELETE', `images/${image.id}`)).toMatchObject({ http: 409, code: 'IncorrectState' })
  here.now += 1000
  expect(await ask('GET', `images/${image.id}`)).toMatchObject({ lifecycleState: 'AVAILABLE' })
  const from = { sourceDetails: { sourceType: 'image', imageId: image.id } }
  expect(await launch(from)).toMatchObject({ http: 200 })
  expect((await list('images', '&displayName=golden')).list).toMatchObject([{ id: image.id }])
  expect(await ask('DELETE', `images/${image.id}`)).toMatchObject({ http: 204 })
  expect(await ask('GET', `images/${image.id}`)).toMatchObject({ http: 404, code: 'NotAuthorizedOrNotFound' })
  expect(await launch(from)).toMatchObject({ http: 404 })
})

test('an instance goes with its boot volume, and stays listed for a while', async () => {
  const { id } = await launch()
  expect((await list('bootVolumes')).list).toMatchObject([{ displayName: 'a (Boot Volume)', sizeInGBs: 50 }])
  const { list: attached } = await list('vnicAttachments', `&instanceId=${id}`)
  const vnic = await ask('GET', `vnics/${attached[0]?.vnicId}`)
  expect(vnic).toMatchObject({ privateIp: '10.0.0.2', publicIp: expect.stringMatching(/^127\./) })
  expect(await ask('DELETE', `instances/${id}`)).toMatchObject({ http: 204 })
  expect(here.machines.size).toBe(0)
  expect(readdirSync(join(filesOf(here.places).folder, 'oci/disks'))).toEqual([])
  expect(await ask('GET', `instances/${id}`)).toMatchObject({ lifecycleState: 'TERMINATING' })
  here.now += 1000
  expect((await list('instances')).list).toMatchObject([{ id, lifecycleState: 'TERMINATED' }])
  expect((await list('bootVolumes')).list).toEqual([])
  expect(await ask('DELETE', `instances/${id}`)).toMatchObject({ http: 404 })
  here.now += 2 * 3_600_000
  await here.reopen()
  expect((await list('instances')).list).toEqual([])
})

test('a security group holds its rules, and is not removed while an instance is in it', async () => {
  const vcnId = (await ask('GET', 'subnets/ocid1.subnet.oc1.phx.aaaaaaaasubnet')).vcnId
  const group = await ask('POST', 'networkSecurityGroups', { compartmentId, vcnId, displayName: 'g' })
  const rule = { direction: 'INGRESS', protocol: '6', source: '192.0.2.0/24' }
  const rules = `networkSecurityGroups/${group.id}`
  await ask('POST', `${rules}/actions/addSecurityRules`, { securityRules: [rule] })
  expect((await ask('GET', `${rules}/securityRules`)).list).toMatchObject([rule])
  const card = { subnetId: 'ocid1.subnet.oc1.phx.a', assignPublicIp: true, nsgIds: [group.id] }
  const { id } = await launch({ createVnicDetails: card })
  expect(await ask('DELETE', rules)).toMatchObject({ http: 409, code: 'Conflict' })
  await ask('DELETE', `instances/${id}`)
  expect(await ask('DELETE', rules)).toMatchObject({ http: 409 })
  here.now += 1000
  expect(await ask('DELETE', rules)).toMatchObject({ http: 204 })
})

test('what Oracle refuses is refused', async () => {
  const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, 'x']))
  const wrong: readonly object[] = [
    { freeformTags: eleven },
    { freeformTags: { 'with.dot': 'x' } },
    { availabilityDomain: 'Uocm:US-ASHBURN-AD-1' },
    { shape: 'VM.Standard.E4.Flex' },
    { shape: 'VM.Standard.A1.Flex', shapeConfig: { ocpus: 1 } },
    { sourceDetails: { sourceType: 'image', imageId: debian, bootVolumeSizeInGBs: 49 } },
    { shape: undefined },
  ]
  for (const more of wrong) expect(await launch(more)).toMatchObject({ http: 400 })
  for (const more of [
    { createVnicDetails: { subnetId: 'ocid1.subnet.oc1.iad.aaaaaaaasubnet' } },
    { sourceDetails: { sourceType: 'image', imageId: 'ocid1.image.oc1.phx.aaaaaaaaunknown' } },
  ])
    expect(await launch(more)).toMatchObject({ http: 404, code: 'NotAuthorizedOrNotFound' })
  expect(here.machines.size).toBe(0)
})

test('a flexible shape is as large as it is asked for', async () => {
  const more = { shape: 'VM.Standard.E4.Flex', shapeConfig: { ocpus: 1, memoryInGBs: 2 } }
  expect(await launch(more)).toMatchObject({ shapeConfig: { ocpus: 1, memoryInGBs: 2 } })
  expect([...here.machines.values()]).toMatchObject([{ memoryMiB: 2048 }])
})

test('regions share nothing but the images that are everybody’s', async () => {
  const { id } = await launch()
  const host = 'iaas.us-ashburn-1.oraclecloud.com'
  expect(await ask('GET', `instances/${id}`, undefined, { host })).toMatchObject({ http: 404 })
  const instances = await ask('GET', `instances?compartmentId=${compartmentId}`, undefined, { host })
  expect(instances.list).toEqual([])
  const images = await ask('GET', `images?compartmentId=${compartmentId}`, undefined, { host })
  expect(images.list).toMatchObject([{ id: debian, compartmentId: null }])
})

test('what was asked and made is there again after the daemon was killed, and machines run again', async () => {
  const { id } = await launch()
  await here.reopen()
  expect(here.machines.size).toBe(1)
  expect((await list('instances')).list).toMatchObject([{ id }])
})

test('faults come before or after the work, and only as often as asked for', async () => {
  const operation = 'LaunchInstance'
  await here.reopen({
    faults: [
      { operation, when: 'before', code: 'LimitExceeded', left: 1 },
      { operation, when: 'after', code: 'InternalError', left: 1 },
    ],
  })
  expect(await launch()).toMatchObject({ http: 400, code: 'LimitExceeded' })
  expect(here.machines.size).toBe(0)
  expect(await launch()).toMatchObject({ http: 500 })
  expect(here.machines.size).toBe(1)
})

test('statements are enforced by verb, resource type and compartment, and never say which is lacking', async () => {
  const allow = (text: string): Promise<void> =>
    here.reopen({ policy: { value: [`Allow group sindri to ${text}`], file: 'statements.json' } })
  const status = async (kind = 'instances'): Promise<number> => (await list(kind)).http
  await allow(`read instances in compartment id ${compartmentId}`)
  expect([await status(), await status('images')]).toEqual([200, 404])
  expect(await launch()).toMatchObject({ http: 404, code: 'NotAuthorizedOrNotFound' })
  await allow(`inspect instances in compartment id ${compartmentId}`)
  expect(await status()).toBe(404)
  await allow('manage instances in compartment id ocid1.compartment.oc1..other')
  expect(await status()).toBe(404)
  await allow('manage instances in tenancy')
  expect(await status()).toBe(200)
  await allow('{INSTANCE_READ} in tenancy')
  expect(await status()).toBe(200)
})

test('lists come in pages, newest first', async () => {
  for (const displayName of ['a', 'b', 'c']) {
    await launch({ displayName })
    here.now += 1000
  }
  const first = await list('instances', '&limit=2')
  expect(first.list).toMatchObject([{ displayName: 'c' }, { displayName: 'b' }])
  const next = await list('instances', `&limit=2&page=${first.headers.get('opc-next-page')}`)
  expect(next.list).toMatchObject([{ displayName: 'a' }])
  expect(next.headers.get('opc-next-page')).toBeNull()
})

test('a change that is meant for an older state is refused', async () => {
  const { id } = await launch()
  const etag = (await ask('GET', `instances/${id}`)).headers.get('etag') ?? ''
  const asked = (match: string): Promise<Answer> =>
    ask('DELETE', `instances/${id}`, undefined, { headers: { 'if-match': match } })
  expect(await asked('older')).toMatchObject({ http: 412, code: 'NoEtagMatch' })
  expect(await asked(etag)).toMatchObject({ http: 204 })
})

test('who asks, and where domains are, is told', async () => {
  const host = 'identity.us-phoenix-1.oraclecloud.com'
  const { OCI_CLI_USER } = here.rehearsal.environment
  expect(await ask('GET', `users/${OCI_CLI_USER}`, undefined, { host })).toMatchObject({ id: OCI_CLI_USER })
  const domains = await ask('GET', `availabilityDomains?compartmentId=${compartmentId}`, undefined, { host })
  expect(domains.list.map(({ name }) => name)).toEqual(['Uocm:PHX-AD-1', 'Uocm:PHX-AD-2', 'Uocm:PHX-AD-3'])
})

test('the journal tells what was asked, without metadata that may hold secrets', async () => {
  await launch({ metadata: { user_data: 'secret' } })
  const entries = lastEntries(filesOf(here.places).journal, 10)
  expect(entries.at(-1)).toMatchObject({ cloud: 'oci', operation: 'LaunchInstance', region: 'us-phoenix-1' })
  expect(JSON.stringify(entries)).not.toContain('secret')
})
