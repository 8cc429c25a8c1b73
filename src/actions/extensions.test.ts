import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { planExtensions } from './extensions.ts'

const shipped = join(import.meta.dirname, '../../extensions')

/** A folder of extensions, each with what it needs, and a profile `base` that names `chosen`. */
async function folderOf(needs: Readonly<Record<string, readonly string[]>>, chosen: readonly string[]) {
  const files = Object.entries(needs).map(([name, list]) => [
    `${name}/extension.yaml`,
    `name: ${name}\nversion: 1.2.3\ntitle: T\ndescription: D\nneeds: [${list.join(', ')}]\n`,
  ])
  return folderWith({
    'profiles.yaml': `base:\n  description: D\n  extensions: [${chosen.join(', ')}]\n`,
    ...Object.fromEntries(files),
  })
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'extensions-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const namesOf = (plan: readonly { readonly name: string }[]) => plan.map(({ name }) => name)

test('an extension comes once, after everything it needs', async () => {
  const folder = await folderOf({ app: ['web', 'db'], web: ['net'], db: ['net'], net: [], extra: ['db'] }, ['app'])
  expect(namesOf(await planExtensions(folder, 'base', ['extra', 'net']))).toEqual(['net', 'web', 'db', 'app', 'extra'])
})

test('a plan says where an extension lies and which version it is', async () => {
  const folder = await folderOf({ net: [] }, ['net'])
  expect(await planExtensions(folder, 'base', [])).toEqual([
    { name: 'net', folder: join(folder, 'net'), version: '1.2.3' },
  ])
})

test('extensions that need each other are refused with the whole circle', async () => {
  const folder = await folderOf({ start: ['a'], a: ['b'], b: ['c'], c: ['a'] }, ['start'])
  await expect(planExtensions(folder, 'base', [])).rejects.toMatchObject({
    code: 'config',
    message: 'extensions need each other: a → b → c → a',
  })
})

test('an unknown name is refused with the nearest one', async () => {
  await expect(planExtensions(shipped, 'fullstak', [])).rejects.toMatchObject({
    code: 'config',
    message: 'there is no profile fullstak',
    hint: 'did you mean fullstack?',
  })
  await expect(planExtensions(shipped, 'base', ['dokcer'])).rejects.toMatchObject({
    code: 'config',
    message: 'there is no extension dokcer',
    hint: 'did you mean docker?',
  })
})

test('a name unlike all others is refused with all there are', async () => {
  await expect(planExtensions(shipped, 'workstation', [])).rejects.toMatchObject({
    hint: 'there are: minimal, base, fullstack, enterprise',
  })
})

test('a name of JavaScript’s own is no profile', async () => {
  await expect(planExtensions(shipped, 'constructor', [])).rejects.toMatchObject({ code: 'config' })
})

test('an unknown need names who needs it', async () => {
  const folder = await folderOf({ app: ['absent'] }, ['app'])
  await expect(planExtensions(folder, 'base', [])).rejects.toMatchObject({
    message: 'there is no extension absent (needed by app)',
  })
})

test('a broken extension file is named with what is wrong in it', async () => {
  const profiles = 'base:\n  description: D\n  extensions: [app]\n'
  const folder = await folderWith({ 'profiles.yaml': profiles, 'app/extension.yaml': 'name: app\nversion: 1\n' })
  const file = join(folder, 'app/extension.yaml')
  await expect(planExtensions(folder, 'base', [])).rejects.toMatchObject({ code: 'config', where: { file } })
  await expect(planExtensions(folder, 'base', [])).rejects.toThrow(/version.*title/s)
})

test('every shipped extension can be planned and has scripts that can be run', async () => {
  const entries = await readdir(shipped, { withFileTypes: true })
  const all = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const plan = await planExtensions(shipped, 'enterprise', all)
  expect(namesOf(plan).sort()).toEqual(all.sort())
  for (const { folder } of plan) {
    for (const script of ['install.sh', 'verify.sh']) {
      expect((await stat(join(folder, script))).mode & 0o111, `${folder}/${script} is executable`).toBe(0o111)
    }
  }
})
