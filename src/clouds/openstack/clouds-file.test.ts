import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findCloud } from './clouds-file.ts'
import type { OpenStackCloud } from './login.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sindri-clouds-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Writes files below the home folder and looks for a cloud from its `work` folder. */
function find(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
  cloud?: string,
): Promise<OpenStackCloud> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  const search = { environment: { HOME: home, ...environment }, folder: join(home, 'work') }
  return findCloud(cloud === undefined ? search : { ...search, cloud })
}

const one = `
clouds:
  one:
    auth:
      auth_url: https://keystone.example:5000/v3
      username: ada
      password: 0123
      project_name: images
      user_domain_name: people
      project_domain_id: p1
    regions: [north, {name: south, values: {}}]
`
const user = '.config/openstack/clouds.yaml'

test('the only cloud of the user file, with values as they are written', async () => {
  expect(await find({ [user]: one })).toEqual({
    source: `cloud "one" of ${join(home, user)}`,
    identityUrl: 'https://keystone.example:5000/v3',
    login: {
      kind: 'password',
      user: { name: 'ada', domain: { name: 'people' } },
      password: '0123',
      project: { name: 'images', domain: { id: 'p1' } },
    },
    regions: ['north', 'south'],
    interface: 'public',
    imageUrl: undefined,
    trust: { verify: true, cacert: undefined, cert: undefined, key: undefined },
  })
})

test('OS_CLIENT_CONFIG_FILE comes before the working folder, and that before the user', async () => {
  const named = (region: string) =>
    JSON.stringify({ clouds: { a: { auth: { auth_url: 'http://k', token: 't' }, region_name: region } } })
  const files = { [user]: named('user'), 'work/clouds.yml': named('folder'), 'other.json': named('chosen') }
  expect((await find({ [user]: named('user') })).regions).toEqual(['user'])
  expect((await find(files)).regions).toEqual(['folder'])
  expect((await find(files, { OS_CLIENT_CONFIG_FILE: join(home, 'other.json') })).regions).toEqual(['chosen'])
  await expect(find(files, { OS_CLIENT_CONFIG_FILE: '/none.yaml' })).rejects.toMatchObject({ code: 'credentials' })
})

test('secure.yaml has what the file does not say, and clouds-public.yaml what lies under it', async () => {
  const found = await find({
    [user]: 'clouds: {one: {profile: big, auth: {username: ada, project_id: p}, interface: internal}}',
    '.config/openstack/secure.yaml': 'clouds: {one: {auth: {password: hidden}}}',
    '.config/openstack/clouds-public.yaml':
      'public-clouds: {big: {auth: {auth_url: https://big.example/identity}, regions: [r1, r2], interface: public}}',
  })
  expect(found).toMatchObject({
    identityUrl: 'https://big.example/identity/v3',
    login: { kind: 'password', password: 'hidden', project: { id: 'p' } },
    regions: ['r1', 'r2'],
    interface: 'internal',
  })
})

test('a profile that no file has is told of', async () => {
  await expect(find({ [user]: 'clouds: {one: {profile: big, auth: {username: a}}}' })).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining('profile "big"'),
  })
})

test('anchors may be merged', async () => {
  const found = await find({
    [user]: `
defaults: &all {auth_type: token, interface: admin, region_name: r0}
clouds:
  one: {<<: [*all, {interface: public, cacert: /ca.pem}], region_name: r1, auth: {auth_url: https://k/v3, token: t}}`,
  })
  expect(found).toMatchObject({
    interface: 'admin',
    trust: { cacert: '/ca.pem' },
    regions: ['r1'],
    login: { kind: 'token', token: 't' },
  })
})

describe('which cloud', () => {
  const two = 'clouds: {one: {auth: {auth_url: https://one, token: t}}, two: {auth: {auth_url: https://two, token: t}}}'

  test('is told by the caller, then OS_CLOUD', async () => {
    expect((await find({ [user]: two }, { OS_CLOUD: 'two' })).identityUrl).toBe('https://two/v3')
    expect((await find({ [user]: two }, { OS_CLOUD: 'two' }, 'one')).identityUrl).toBe('https://one/v3')
  })

  test('must be told when there are several, or none of that name', async () => {
    await expect(find({ [user]: two })).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('one, two'),
    })
    await expect(find({ [user]: two }, { OS_CLOUD: 'three' })).rejects.toMatchObject({
      message: `${join(home, user)} has no cloud "three"`,
      hint: 'it has one, two',
    })
  })

  test('cannot be told without a file', async () => {
    await expect(find({}, { OS_CLOUD: 'one' })).rejects.toMatchObject({
      message: expect.stringContaining('no clouds.yaml'),
    })
  })

  test('is that of the OS_* variables when they have an address and no cloud is named', async () => {
    const variables = {
      OS_AUTH_URL: 'https://env/v2.0/',
      OS_USERNAME: 'ada',
      OS_PASSWORD: 'p w',
      OS_TENANT_NAME: 'old',
      OS_DEFAULT_DOMAIN: 'd1',
      OS_REGION_NAME: 'r9',
      OS_CACERT: '~/ca.pem',
    }
    const found = await find({ [user]: two }, variables)
    expect(found).toMatchObject({
      source: 'the OS_* variables of the environment',
      identityUrl: 'https://env/v3',
      login: { user: { domain: { id: 'd1' } }, password: 'p w', project: { name: 'old' } },
      regions: ['r9'],
      trust: { cacert: join(home, 'ca.pem') },
    })
    expect((await find({ [user]: two }, { ...variables, OS_CLOUD: 'one' })).identityUrl).toBe('https://one/v3')
    expect((await find({ [user]: two }, { ...variables, OS_CLOUD: 'envvars' })).identityUrl).toBe('https://env/v3')
  })
})

test('OS_REGION_NAME chooses a region of a cloud of the file', async () => {
  expect((await find({ [user]: one }, { OS_CLOUD: 'one', OS_REGION_NAME: 'south' })).regions).toEqual(['south'])
})

test.each([
  [
    '{auth_type: v3applicationcredential, auth: {application_credential_id: i, application_credential_secret: s}}',
    { credential: { id: 'i' }, secret: 's' },
  ],
  [
    '{auth: {application_credential_name: n, application_credential_secret: s, username: u, user_domain_id: d}}',
    { credential: { name: 'n', user: { name: 'u', domain: { id: 'd' } } } },
  ],
  ['{auth_type: v3token, auth: {token: t, project_id: p}}', { kind: 'token', token: 't', project: { id: 'p' } }],
  [
    '{auth_type: password, auth: {username: u, password: s, domain_name: d, project_name: p}}',
    { user: { name: 'u', domain: { name: 'd' } }, project: { name: 'p', domain: { name: 'd' } } },
  ],
  ['{auth: {user-id: u, password: yes}}', { user: { id: 'u' }, password: 'yes' }],
  ['{username: u, password: s, auth: {}}', { user: { name: 'u', domain: { id: 'default' } }, password: 's' }],
])('a login as OpenStack writes it: %s', async (text, login) => {
  const written = text.replace(/auth: \{/, 'auth: {auth_url: https://k, ').replace(', }', '}')
  expect((await find({ [user]: `clouds: {one: ${written}}` })).login).toMatchObject(login)
})

test.each([
  ['{auth: {username: u, password: s}}', /cloud "one" of .* has no auth_url/],
  ['{auth: {auth_url: keystone.example, username: u, password: s}}', /auth_url is "keystone.example"/],
  ['{auth: {auth_url: https://k, username: u}}', /has no password/],
  ['{auth: {auth_url: https://k, password: s}}', /has no username/],
  ['{auth_type: v3kerberos, auth: {auth_url: https://k}}', /logs in by "v3kerberos"/],
  ['{interface: outside, auth: {auth_url: https://k, token: t}}', /interface is "outside"/],
  ['[', /clouds.yaml/],
  ['{auth: *nothing}', /clouds.yaml/],
])('what is lacking or wrong is named, without secrets: %s', async (text, message) => {
  await expect(find({ [user]: `clouds: {one: ${text}}` })).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringMatching(message),
  })
})

test.each([
  ['verify: false', false],
  ['insecure: true', false],
  ['verify: true', true],
  ['verify: /no/such', true],
])('%s', async (text, verify) => {
  const found = await find({ [user]: `clouds: {one: {${text}, auth: {auth_url: https://k, token: t}}}` })
  expect(found.trust.verify).toBe(verify)
})
