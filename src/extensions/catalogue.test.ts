import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Complaint, SindriError } from '../core/error.ts'
import { readCatalogue } from './catalogue.ts'

const good = `name: app
version: "1.0.0"
title: App
description: An app.
distributions: [debian-12]
architectures: [x86_64, arm64]
install:
  apt: [hello]
validate: hello --version
`

/** A catalogue of these files, and no profiles unless they are among them. */
function catalogueOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries({ 'profiles.yaml': '{}', ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function complaintsAbout(files: Readonly<Record<string, string>>): readonly Complaint[] {
  try {
    readCatalogue(catalogueOf(files))
  } catch (error) {
    if (error instanceof SindriError && error.code === 'config') return error.complaints
    throw error
  }
  return []
}

/** `line:column message` of every complaint about an app that is written so. */
function places(text: string, others: Readonly<Record<string, string>> = {}): readonly string[] {
  return complaintsAbout({ 'app/extension.yaml': text, ...others }).map(
    ({ message, where }) => `${where?.line}:${where?.column} ${message}`,
  )
}

test('an extension is read as it is written, and anything in its folder changes its digest', () => {
  const read = (files: Readonly<Record<string, string>>) => readCatalogue(catalogueOf(files)).entries.get('app')
  const app = read({ 'app/extension.yaml': good })
  expect(app?.definition).toMatchObject({ name: 'app', install: { apt: ['hello'] }, validate: 'hello --version' })
  expect(read({ 'app/extension.yaml': good })?.digest).toBe(app?.digest)
  expect(read({ 'app/extension.yaml': good, 'app/files/more': '' })?.digest).not.toBe(app?.digest)
})

test('every mistake of every file is told at once, each with its file, line and column', () => {
  const complaints = complaintsAbout({
    'app/extension.yaml': good.replace('apt: [hello]', 'apts: [hello]').replace('[debian-12]', '[debain-12]'),
    'web/extension.yaml': good.replace('name: app', 'name: web').replace('version: "1.0.0"', 'version: 1.0'),
    'profiles.yaml': 'all:\n  description: All\n  extensions: [app, wep]\n',
  })
  const told = complaints.map(({ message, hint, where }) => [
    where?.file
      ?.split('/')
      .slice(-2)
      .join('/')
      .replace(/^catalogue-[^/]*\//, ''),
    where?.line,
    where?.column,
    message,
    hint,
  ])
  expect(told).toEqual([
    [
      'app/extension.yaml',
      5,
      17,
      'distributions[0]: "debain-12" is not one of the values it can have',
      'did you mean "debian-12"? write ubuntu-22.04, ubuntu-24.04, debian-12',
    ],
    ['app/extension.yaml', 8, 3, 'install.apts is not a setting', 'did you mean "apt"?'],
    ['web/extension.yaml', 2, 10, 'version: YAML reads 1.0 as a number', 'put it in quotes: "1.0"'],
    ['profiles.yaml', 3, 21, 'there is no extension wep', 'did you mean "web"?'],
  ])
})

const download = `install:
  script: install.sh
  downloads:
    - name: a.zip
      version: "1.2.3"
      url: https://example.com/a.zip
      sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
`
const downloading = good.replace('install:\n  apt: [hello]\n', download)
const script = { 'app/install.sh': '' }

test('a download, and one for each architecture, is accepted', () => {
  expect(places(downloading, script)).toEqual([])
  const [item = ''] = /^ {4}- name[\s\S]*/m.exec(download) ?? []
  const both = ['x86_64', 'arm64'].map((one) => item.replace('name: a.zip', `name: a.zip\n      architecture: ${one}`))
  expect(places(downloading.replace(item, both.join('')), script)).toEqual([])
})

test.each([
  ['a script that is not there', downloading, {}, '8:11 install.script names install.sh, which is not there'],
  ['http', downloading.replace('https:', 'http:'), script, '12:12 .* is not an https address'],
  ['a file of the npm registry without npm', downloading.replace('https://', 'npm:'), script, '12:12 .* needs npm'],
  ['a file of the Go proxy without Go', downloading.replace('https://', 'go:'), script, '12:12 .* needs a Go'],
  ['a checksum cut short', downloading.replace('e3b0', ''), script, '13:15 .* is not a sha256 checksum'],
  ['a range of versions', downloading.replace('"1.2.3"', '^1.2.3'), script, '11:16 .* is not an exact version'],
  ['downloads nobody uses', downloading.replace('  script: install.sh\n', ''), {}, '9:5 install.downloads is used by'],
  [
    'an architecture left out',
    downloading.replace('name: a.zip', 'architecture: arm64\n      name: a.zip'),
    script,
    '10:7 .* is not there for x86_64',
  ],
  [
    'another name than the folder',
    good.replace('name: app', 'name: ap'),
    {},
    '1:7 name is not the name of the folder, app',
  ],
  ['nothing to install', good.replace('  apt: [hello]', '  {}'), {}, '8:3 install installs nothing'],
  [
    'npm without Node.js',
    good.replace('apt: [hello]', `npm: [{ package: a, version: "1.0.0", sha256: ${'a'.repeat(64)} }]`),
    {},
    '8:8 install.npm needs npm',
  ],
  [
    'mise without its lock',
    good.replace('apt: [hello]', 'mise: mise.toml'),
    { 'app/mise.toml': '' },
    '8:9 install.mise names mise.lock',
  ],
  ['an unknown dependency', `${good}dependencies: [ap]\n`, {}, '10:16 there is no extension ap'],
  [
    'a path out of the folder',
    downloading.replace('install.sh', '../install.sh'),
    {},
    '8:11 .* is not the name of a file',
  ],
  [
    'an option in place of a package',
    good.replace('[hello]', '[--purge]'),
    {},
    '8:9 .* is not the name of a Debian package',
  ],
])('%s is refused at its place', (_, text, files, place) => {
  expect(places(text, files)).toContainEqual(expect.stringMatching(new RegExp(`^${place}`)))
})

test('braces and dollars in a validate command are its own', () => {
  const text = good.replace('hello --version', `docker version --format '{{.Client.Version}}' && echo "\${HOME}"`)
  expect(places(text)).toEqual([])
})

test('a folder without an extension.yaml, and no folder at all, are told by name', () => {
  expect(() => readCatalogue(catalogueOf({ 'app/install.sh': '' }))).toThrow(/cannot read .*app\/extension\.yaml/)
  expect(() => readCatalogue('/nowhere')).toThrow(expect.objectContaining({ code: 'prerequisite' }))
})
