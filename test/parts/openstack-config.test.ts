import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findCloud } from '../../src/clouds/openstack/clouds-file.ts'
import type { Login, OpenStackCloud } from '../../src/clouds/openstack/login.ts'
import { withoutOpenStack } from './openstack.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'openstack-config.py')

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sindri-'))
})
afterEach(() => rm(home, { recursive: true }))

interface Understood {
  readonly auth: Readonly<Record<string, string>>
  readonly regions: readonly string[]
  readonly region: string
  readonly interface: string
  readonly imageUrl: string | null
  readonly verify: boolean | string
}

/** What a login says in the words of the SDK. */
function authOf(login: Login): Readonly<Record<string, string>> {
  const named = (of: string, one: { id: string } | { name: string; domain: object } | undefined): object => {
    if (one === undefined) return {}
    const name = of === 'user' ? 'username' : 'project_name'
    if ('id' in one) return { [`${of}_id`]: one.id }
    const [[key, value] = []] = Object.entries(one.domain)
    return { [name]: one.name, [`${of}_domain_${key}`]: value }
  }
  switch (login.kind) {
    case 'password':
      return { ...named('user', login.user), password: login.password, ...named('project', login.project) }
    case 'token':
      return { token: login.token, ...named('project', login.project) }
    case 'application-credential': {
      const { credential, secret } = login
      const id: object =
        'id' in credential
          ? { application_credential_id: credential.id }
          : { application_credential_name: credential.name, ...named('user', credential.user) }
      return { ...id, application_credential_secret: secret }
    }
  }
}

function inTheirWords(cloud: OpenStackCloud): object {
  const { trust, interface: choice, imageUrl, login, regions } = cloud
  return {
    auth: authOf(login),
    regions,
    interface: choice,
    imageUrl: imageUrl?.replaceAll('{region_name}', regions[0] ?? '') ?? null,
    verify: trust.verify && (trust.cacert ?? true),
  }
}

const files = {
  '.config/openstack/clouds.yaml': `
clouds:
  full:
    auth:
      auth_url: https://k.example/v3
      username: ada
      password: "0123"
      project_name: images
      user_domain_name: people
      project_domain_id: p1
    regions: [north, {name: south, values: {}}]
    image_endpoint_override: https://images.example/
    interface: internal
  short: {auth: {auth_url: https://k.example/v3, username: ada, project_id: p, user_domain_id: d}, region_name: north, verify: false}
  once: {auth: {auth_url: https://k.example/v3, username: ada, password: s, tenant_name: old, domain_id: d}, cacert: /etc/hostname}
  beside: {username: ada, password: s, project_id: p, user_domain_id: d, auth: {auth_url: https://k.example/v3}, region_name: "a,b", endpoint_type: publicURL}
  profiled: {profile: ours, auth: {username: ada, password: s, project_id: p, user_domain_id: d}}
  elsewhere: {auth: {auth_url: https://k.example/v3, token: t, project_id: p}, auth_type: token, region_name: north, image_endpoint_override: "https://images.example/{region_name}"}
  app: {auth_type: v3applicationcredential, auth: {auth_url: https://k.example/v3, application_credential_id: i, application_credential_secret: s}}
  named: {auth_type: v3applicationcredential, auth: {auth_url: https://k.example/v3, application_credential_name: n, application_credential_secret: s, username: ada, user_domain_id: d}}
  token: {auth_type: v3token, auth: {auth_url: https://k.example/v3, token: t, project_id: p}, insecure: true}
`,
  '.config/openstack/secure.yaml': 'clouds: {short: {auth: {password: hidden}}}',
  '.config/openstack/clouds-public.yaml':
    'public-clouds: {ours: {auth: {auth_url: https://k.example/v3}, regions: [r1, r2], interface: admin}}',
}

const variables = {
  OS_AUTH_URL: 'https://k.example/v3',
  OS_USERNAME: 'eve',
  OS_PASSWORD: 'from the environment',
  OS_PROJECT_NAME: 'p',
  OS_USER_DOMAIN_NAME: 'd',
  OS_PROJECT_DOMAIN_NAME: 'e',
  OS_REGION_NAME: 'west',
  OS_INTERFACE: 'internal',
}

describe.skipIf(withoutOpenStack)(
  "clouds are read as OpenStack's own SDK reads them (Debian: python3-openstackclient)",
  () => {
    test.each([
      ...['full', 'short', 'once', 'beside', 'profiled', 'app', 'named', 'token', 'elsewhere'].map(
        (name) => [{ OS_CLOUD: name }] as const,
      ),
      [variables] as const,
      [{ ...variables, OS_CLOUD: 'envvars' }] as const,
      [{ ...variables, OS_CLOUD: 'mine', OS_CLOUD_NAME: 'mine' }] as const,
    ])('%o', async (environment) => {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(home, path)), { recursive: true })
        await writeFile(join(home, path), text)
      }
      const env = { PATH: '/usr/bin:/bin', HOME: home, ...environment }
      const { stdout } = await run('/usr/bin/python3', ['-W', 'ignore', script], { env, cwd: home })
      const { auth, regions, interface: choice, imageUrl, verify }: Understood = JSON.parse(stdout)
      const { auth_url, ...login } = auth
      const ours = await findCloud({ environment: env, folder: home })
      expect(ours.identityUrl).toBe(auth_url)
      expect(inTheirWords(ours)).toEqual({
        auth: login,
        regions: regions.filter((region) => region !== ''),
        interface: choice.replace(/URL$/, ''),
        imageUrl,
        verify,
      })
    })
  },
)
