import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { env } from 'node:process'
import { describe, expect, test } from 'vitest'
import { connectAzure } from '../../src/clouds/azure/api.ts'
import { useRehearsal } from '../../src/rehearsal/rehearsal.fixture.ts'

const subscription = '11111111-1111-1111-1111-111111111111'

/** Why this cannot run: the file is made, and read, by openssl. */
function missingOpenssl(): string | undefined {
  if (env.CI === 'true') return undefined
  try {
    execFileSync('openssl', ['version'])
    return undefined
  } catch {
    return 'openssl is not installed'
  }
}

const absent = missingOpenssl()
const here = useRehearsal(undefined, Date.now)

/** A PKCS#12 file with a certificate for this key. */
function certificate(key: string, password: string): string {
  const [pem, file] = [join(here.folder, 'cert.pem'), join(here.folder, 'cert.pfx')]
  execFileSync('openssl', ['req', '-x509', '-key', key, '-subj', '/CN=rehearsal', '-days', '2', '-out', pem])
  const secret = { env: { ...env, PASSWORD: password } }
  execFileSync(
    'openssl',
    ['pkcs12', '-export', '-inkey', key, '-in', pem, '-passout', 'env:PASSWORD', '-out', file],
    secret,
  )
  return file
}

function identity(more: Readonly<Record<string, string>>): Promise<string> {
  const { AZURE_CLIENT_ID, AZURE_TENANT_ID } = here.rehearsal.environment
  const environment = { AZURE_CLIENT_ID, AZURE_TENANT_ID, ...more }
  return connectAzure({ subscription, tenant: undefined, environment }).identity()
}

describe.skipIf(absent !== undefined)(`a certificate of Azure (${absent ?? 'read by openssl'})`, () => {
  test('logs in with the file that Packer takes too, and with the right password alone', async () => {
    const file = certificate(join(here.places.home, 'rehearsal/azure/key.pem'), 'hunter2-hunter2')
    const own = { AZURE_CLIENT_CERTIFICATE_PATH: file, AZURE_CLIENT_CERTIFICATE_PASSWORD: 'hunter2-hunter2' }
    expect(await identity(own)).toBe(here.rehearsal.environment.AZURE_CLIENT_ID)
    const problem = await identity({ ...own, AZURE_CLIENT_CERTIFICATE_PASSWORD: 'wrong' }).catch(
      (error: unknown) => error,
    )
    expect(problem).toMatchObject({ code: 'credentials', message: expect.stringContaining(file) })
    expect(String(problem)).not.toContain('wrong')
  })

  test('of a key that is not registered is refused', async () => {
    const key = join(here.folder, 'other.pem')
    execFileSync('openssl', ['genpkey', '-algorithm', 'RSA', '-out', key], { stdio: 'ignore' })
    const file = certificate(key, '')
    const message = expect.stringContaining('AZURE_CLIENT_CERTIFICATE_PATH')
    await expect(identity({ AZURE_CLIENT_CERTIFICATE_PATH: file })).rejects.toMatchObject({
      code: 'credentials',
      message,
    })
  })
})
