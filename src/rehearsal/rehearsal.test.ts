import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { allRehearsed } from './clouds.ts'
import { type DaemonFile, rehearsalOf } from './rehearsal.ts'

const folder = mkdtempSync(join(tmpdir(), 'sindri-rehearsal-'))
afterAll(() => rmSync(folder, { recursive: true }))
const daemon: DaemonFile = {
  pid: 1,
  startedAt: '2026-11-01T00:00:00.000Z',
  code: '',
  token: '',
  port: 4000,
  tlsPort: 4001,
  caFile: '/ca.pem',
  bases: [],
}
const { over, environment } = rehearsalOf(daemon, folder)

test('the user’s credentials give way to those of the rehearsal', () => {
  const real = { AWS_ACCESS_KEY_ID: 'AKIAREAL', AWS_SECRET_ACCESS_KEY: 'real', AWS_PROFILE: 'work', LANG: 'C' }
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environment
  const sindri = over(real, 'sindri')
  expect(sindri).toMatchObject({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, LANG: 'C' })
  expect(sindri).not.toHaveProperty('AWS_PROFILE')
  // Sindri itself speaks to production endpoints, and the dial leads them here.
  expect(sindri).not.toHaveProperty('AWS_ENDPOINT_URL')
  expect(over(sindri, 'others')).toMatchObject({ AWS_ACCESS_KEY_ID, LANG: 'C', HTTPS_PROXY: 'http://127.0.0.1:4000' })
})

test.each(allRehearsed.map(({ id, account }) => [id, account] as const))(
  'on %s a wrong secret of the throw-away account stays wrong',
  (id, account) => {
    const cloud = allRehearsed.find((one) => one.id === id)
    const names = (cloud?.own ?? []).filter((name) => cloud?.accounts.test(name))
    const wrong = Object.fromEntries(names.map((name) => [name, 'wrong']))
    expect(over(wrong, 'sindri')).not.toMatchObject(wrong)
    const [first = '', ...others] = names
    const own = { ...Object.fromEntries(others.map((name) => [name, 'wrong'])), [first]: account }
    expect(over(own, 'sindri')).toMatchObject(own)
    expect(over(own, 'others')).toMatchObject(own)
  },
)

test('a key file with the throw-away account’s name in it is taken as it is', () => {
  const file = join(folder, 'mine.json')
  const cloud = allRehearsed.find(({ id }) => id === 'gcp')
  writeFileSync(file, JSON.stringify({ client_email: cloud?.account }))
  expect(over({ GOOGLE_APPLICATION_CREDENTIALS: file }, 'sindri').GOOGLE_APPLICATION_CREDENTIALS).toBe(file)
  expect(over({ GOOGLE_APPLICATION_CREDENTIALS: folder }, 'sindri').GOOGLE_APPLICATION_CREDENTIALS).not.toBe(folder)
})

test('a project of the user’s own choice stays, and there is one where none was chosen', () => {
  expect(over({ GOOGLE_CLOUD_PROJECT: 'mine' }, 'others').GOOGLE_CLOUD_PROJECT).toBe('mine')
  expect(over({}, 'sindri').GOOGLE_CLOUD_PROJECT).toBe(environment.GOOGLE_CLOUD_PROJECT)
})

test('no two clouds give out the same address', () => {
  expect(new Set(allRehearsed.map(({ block }) => block)).size).toBe(allRehearsed.length)
})
