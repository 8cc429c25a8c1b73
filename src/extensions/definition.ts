import type * as z from 'zod/mini'
import { type Fields, listOf, oneOf, section, type TextRule, text } from '../config/fields.ts'
import { baseNames, extensionName } from '../config/sections/build.ts'

/** A distribution with its version, as /etc/os-release names them: `debian-12`. */
export type Distribution = (typeof baseNames)[number]

/** What machines an extension can be installed on. */
export const architectures = ['x86_64', 'arm64'] as const
/** One of them. */
export type Architecture = (typeof architectures)[number]

/** An `extension.yaml`: what an extension is, where it can be installed, how, and how to see that it works. */
export interface Definition {
  readonly name: string
  /** Of the extension itself, not of what it installs. */
  readonly version: string
  readonly title: string
  readonly description: string
  /** Extensions installed before it. */
  readonly dependencies?: readonly string[]
  readonly distributions: readonly Distribution[]
  readonly architectures: readonly Architecture[]
  readonly install: Installation
  /** Shell text that succeeds where the extension works; run by anybody, not only by root. */
  readonly validate: string
  /** Where pinned versions and checksums come from. */
  readonly provenance?: string
}

/** What is installed, in the order of these fields. */
export interface Installation {
  /** Packages of the distribution. `a | b` is the first of them that it has. */
  readonly apt?: readonly string[]
  /** Files fetched and checked before `script` runs. */
  readonly downloads?: readonly Download[]
  readonly npm?: readonly NpmPackage[]
  /** A mise.toml with a mise.lock beside it. */
  readonly mise?: string
  /** A POSIX shell script. */
  readonly script?: string
}

/** A file from the network. */
export interface Download {
  /** What the script finds it as, in the folder `$SINDRI_DOWNLOADS`. */
  readonly name: string
  readonly version: string
  /** Without it the file is for all of them. */
  readonly architecture?: Architecture
  /** `https://…`; or a path below the npm registry (`npm:…`) or the Go module proxy (`go:…`) this machine is set up with. */
  readonly url: string
  readonly sha256: string
}

/** A package of the npm registry, installed for everybody. */
export interface NpmPackage {
  readonly package: string
  readonly version: string
  /** Of the package's archive. */
  readonly sha256: string
}

const version: TextRule = {
  pattern: /^\d+\.\d+\.\d+$/,
  kind: 'a version of an extension',
  hint: 'write three numbers in quotes, as in "1.0.0"',
}
const exactVersion: TextRule = {
  pattern: /^v?\d[\w.+-]*$/,
  kind: 'an exact version',
  hint: 'write the version itself, without ^, ~, * or latest',
}
const sha256: TextRule = {
  pattern: /^[0-9a-f]{64}$/,
  kind: 'a sha256 checksum',
  hint: 'write what sha256sum prints: 64 digits and letters from a to f',
}
const fileName: TextRule = {
  pattern: /^[A-Za-z0-9][\w.+-]*$/,
  kind: 'the name of a file in this folder',
  hint: 'use letters, digits, dots and dashes, and no /',
}
const debianPackage = '[a-z0-9][a-z0-9.+-]+'

const installFields: Fields<Installation> = {
  apt: listOf(
    'Packages of the distribution. `a | b` is the first of them that it has.',
    text('Package.', {
      pattern: new RegExp(`^${debianPackage}( \\| ${debianPackage})*$`),
      kind: 'the name of a Debian package',
      hint: 'write it as in docker.io, or docker-compose-v2 | docker-compose for the first there is',
    }),
  ),
  downloads: listOf(
    'Files that are fetched and checked before the script runs.',
    section<Download>(
      'A file.',
      {
        name: text('Its name in the folder `$SINDRI_DOWNLOADS`.', fileName),
        version: text('Version of what is in it.', exactVersion),
        architecture: oneOf('The architecture it is for; without it, all.', architectures),
        url: text('Where it is.', {
          pattern: /^(https:\/\/[^\s/]+\/|npm:|go:)[^\s/]\S*$/,
          kind: 'an https address',
          hint: 'begin with https://, or with npm: or go: and the path below the registry or module proxy',
        }),
        sha256: text('Checksum of the file.', sha256),
      },
      ['name', 'version', 'url', 'sha256'],
    ),
  ),
  npm: listOf(
    'Packages of the npm registry, installed for everybody.',
    section<NpmPackage>(
      'A package.',
      {
        package: text('Name.', {
          pattern: /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/,
          kind: 'the name of an npm package',
        }),
        version: text('Version.', exactVersion),
        sha256: text('Checksum of its archive, the file `npm pack` makes.', sha256),
      },
      ['package', 'version', 'sha256'],
    ),
  ),
  mise: text('A mise.toml in this folder; the mise.lock beside it holds addresses and checksums.', fileName),
  script: text('A POSIX shell script in this folder.', {
    ...fileName,
    pattern: /^[A-Za-z0-9][\w.+-]*\.sh$/,
    hint: 'end the name with .sh',
  }),
}

const definitionFields: Fields<Definition> = {
  name: text('Name; the folder is called so.', extensionName),
  version: text('Version of the extension itself, not of what it installs.', version),
  title: text('Name for people.', { verbatim: true }),
  description: text('What it installs, in a sentence.', { verbatim: true }),
  dependencies: listOf('Extensions installed before it.', text('Extension.', extensionName)),
  distributions: listOf('Where it can be installed.', oneOf('Distribution.', baseNames)),
  architectures: listOf('What it can be installed on.', oneOf('Architecture.', architectures)),
  install: section<Installation>('What is installed, in this order.', installFields),
  validate: text('Shell text (`sh -eu`) that succeeds where the extension works, run by anybody.', {
    multiline: true,
    verbatim: true,
  }),
  provenance: text('Where pinned versions and checksums come from.', { verbatim: true }),
}

/** The schema of an `extension.yaml`. */
export const definitionSchema: z.ZodMiniType<Definition> = section('An extension.', definitionFields, [
  'name',
  'version',
  'title',
  'description',
  'distributions',
  'architectures',
  'install',
  'validate',
])
