import { basename, dirname } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { type Import, parse, type SourceFile, sourceFiles } from './source-files.ts'

const files = sourceFiles()
const cloudFolders = ['aws', 'azure', 'gcp', 'oci', 'alibaba', 'openstack']
const vendorSdk =
  /^(@aws-sdk|@smithy|@azure|@google-cloud|@alicloud)\/|^(googleapis|google-auth-library|ali-oss|oci-[a-z-]+)$/
const sdkFile = /^src\/clouds\/[^/]+\/(api|disk-api|object-api|store)\.ts$/
const apiPart = /^src\/clouds\/[a-z]+\/api-[a-z]+\.ts$/

/** `file imports target` for every import that `allowed` refuses. */
function breaches(
  where: (file: SourceFile) => boolean,
  allowed: (target: string, file: SourceFile) => boolean,
): string[] {
  return files
    .filter(where)
    .flatMap((file) =>
      file.imports.filter(({ target }) => !allowed(target, file)).map(({ target }) => `${file.path} imports ${target}`),
    )
}

const below = (folder: string) => (file: SourceFile) => file.path.startsWith(`src/${folder}/`)
const ours = (target: string) => target.startsWith('src/')

test('the reader of imports sees every kind of import', () => {
  const text = `import fs from 'node:fs'
    import { type A, b } from './b.ts'
    import type { C } from '../c.ts'
    export { d } from './d.ts'
    const e = await import('./e.ts')
    type F = import('./f.ts').F
    // import './comment.ts'
    options.process = { console: 1 }`
  const { imports, identifiers } = parse('src/x/a.ts', text)
  expect(imports).toEqual([
    { target: 'node:fs', dynamic: false, typeOnly: false, names: undefined },
    { target: 'src/x/b.ts', dynamic: false, typeOnly: false, names: ['A', 'b'] },
    { target: 'src/c.ts', dynamic: false, typeOnly: true, names: ['C'] },
    { target: 'src/x/d.ts', dynamic: false, typeOnly: false, names: undefined },
    { target: 'src/x/e.ts', dynamic: true, typeOnly: false, names: undefined },
    { target: 'src/x/f.ts', dynamic: false, typeOnly: true, names: undefined },
  ])
  expect(identifiers).not.toContain('process')
  expect(identifiers).not.toContain('console')
  expect(parse('a.ts', 'process.exit()').identifiers).toContain('process')
})

test('rule 1: core imports only core and node', () => {
  expect(breaches(below('core'), (target) => target.startsWith('src/core/') || target.startsWith('node:'))).toEqual([])
})

test('rule 1: no cloud is named in core', () => {
  const names = /\b(aws|amazon|ec2|azure|microsoft|gcp|google|oci|oracle|alibaba|alicloud|aliyun|openstack)\b/i
  const named = files.filter(below('core')).flatMap(({ path, text }) => {
    const name = names.exec(text)?.[0]
    return name === undefined ? [] : [`${path} names ${name}`]
  })
  expect(named).toEqual([])
})

test.each([['disk'], ['filesystem', 'src/disk/disk.ts'], ['rehearsal']])(
  '%s could leave the repository: of src it imports only itself, the error and the port it reads through',
  (room: string, port?: string) => {
    expect(
      breaches(
        below(room),
        (target) =>
          !ours(target) || target.startsWith(`src/${room}/`) || target === 'src/core/error.ts' || target === port,
      ),
    ).toEqual([])
  },
)

test('rule 2: a cloud never imports another', () => {
  expect(
    breaches(below('clouds'), (target, file) => {
      const [, , own] = file.path.split('/')
      const [, room, other] = target.split('/')
      return (
        room !== 'clouds' || !cloudFolders.includes(own ?? '') || !cloudFolders.includes(other ?? '') || own === other
      )
    }),
  ).toEqual([])
})

test('rule 3: vendor SDKs are imported only in api.ts, disk-api.ts, object-api.ts, their parts and store.ts, statically and by name', () => {
  const wrong = files.flatMap((file) =>
    file.imports
      .filter(({ target }) => vendorSdk.test(target))
      .filter(
        (found) => !(sdkFile.test(file.path) || apiPart.test(file.path)) || found.dynamic || found.names === undefined,
      )
      .map(({ target }) => `${file.path} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('rule 3: api.ts and store.ts are only imported dynamically, or for their types', () => {
  const eager = ({ target, dynamic, typeOnly }: Import): boolean => sdkFile.test(target) && !dynamic && !typeOnly
  expect(
    files.flatMap((file) => file.imports.filter(eager).map(({ target }) => `${file.path} imports ${target}`)),
  ).toEqual([])
})

test('rule 3: the parts of a cloud’s api files are theirs alone', () => {
  const borrowed = (path: string, target: string): boolean =>
    apiPart.test(target) && (dirname(path) !== dirname(target) || !(sdkFile.test(path) || apiPart.test(path)))
  expect(
    files.flatMap(({ path, imports }) => imports.filter(({ target }) => borrowed(path, target)).map(() => path)),
  ).toEqual([])
})

test('rule 3: no SDK type shows in what api.ts and store.ts export', () => {
  const leaking = files
    .filter(({ path }) => sdkFile.test(path))
    .filter(({ path, text }) => {
      const compilerOptions = { isolatedDeclarations: true, declaration: true, strict: true }
      const { outputText } = ts.transpileDeclaration(text, { fileName: path, compilerOptions })
      return parse(path, outputText).imports.some(({ target }) => vendorSdk.test(target))
    })
  expect(leaking.map(({ path }) => path)).toEqual([])
})

test('rule 4: commands import actions and reports, and nothing deeper', () => {
  const rooms = ['src/commands/', 'src/actions/', 'src/report/']
  expect(
    breaches(below('commands'), (target) => !ours(target) || rooms.some((room) => target.startsWith(room))),
  ).toEqual([])
})

test('rule 5: only cli.ts and report/ touch the process or the terminal', () => {
  // The gate is a program of its own, inside an instance's namespaces.
  const own = ['src/cli.ts', 'src/rehearsal/instances/gate.js']
  // Facts about this machine and other processes: neither a state of ours nor the terminal.
  const facts = ['arch', 'execPath', 'getuid', 'kill', 'nextTick', 'pid', 'platform']
  const harmless = ({ target, names }: Import): boolean =>
    !/^node:(process|console|tty|readline)/.test(target) || (names?.every((name) => facts.includes(name)) ?? false)
  const touching = files
    .filter(({ path }) => !own.includes(path) && !path.startsWith('src/report/'))
    .filter(
      (file) => ['process', 'console'].some((name) => file.identifiers.has(name)) || !file.imports.every(harmless),
    )
  expect(touching.map(({ path }) => path)).toEqual([])
})

test('rule 6: rehearsal and clouds do not know each other', () => {
  expect(breaches(below('rehearsal'), (target) => !target.startsWith('src/clouds/'))).toEqual([])
  expect(breaches(below('clouds'), (target) => !target.startsWith('src/rehearsal/'))).toEqual([])
})

test('every file is short, and named in kebab-case after what it exports', () => {
  const forbidden = ['utils', 'helpers', 'helper', 'common', 'misc', 'types', 'util']
  const wrong = files.flatMap(({ path, lines }) => {
    const name = basename(path).replace(/\.(ts|js)$/, '')
    const complaints = [
      lines > 400 ? `${path} has ${lines} lines` : [],
      forbidden.includes(name) ? `${path}: the name says nothing` : [],
      /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : `${path} is not in kebab-case`,
    ]
    return complaints.flat()
  })
  expect(wrong).toEqual([])
})

test('the only class is the error', () => {
  expect(files.flatMap(({ path, classes }) => classes.map((name) => `${path}: ${name}`))).toEqual([
    'src/core/error.ts: SindriError',
  ])
})
