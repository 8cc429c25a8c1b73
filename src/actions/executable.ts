import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { hasCode, messageOf, SindriError } from '../core/error.ts'
import { singleExecutable } from './single-executable.ts'

/** A gzip file that unpacks to a program which runs on a Linux without Node. */
export interface Executable {
  readonly file: string
  /** Stands for what it was made from: the same on every machine with this bundle and this Node. */
  readonly madeFrom: string
}

export interface ExecutableOptions {
  /** The whole CLI in one CommonJS file (`dist/sindri.cjs`). */
  readonly bundle: string
  /** The Node binary to put it into: an official build, of the same kind of machine as the image. */
  readonly node: string
  /** Its version. Together with its size it stands for the binary: reading 120 MB to hash them would take longer than all else. */
  readonly nodeVersion: string
  /** The image's architecture, in Node's words. */
  readonly arch: 'x64' | 'arm64'
  /** A folder in which finished executables are kept, named by the content they were made from. */
  readonly cache: string
  readonly tell?: (message: string) => void
}

/**
 * Makes the running Sindri installable in an image: a Node single executable application, gzipped.
 * The same bundle and Node give the same bytes and are made once (a few seconds).
 * Throws `unsupported` when this machine cannot make one for `arch`, `prerequisite` when bundle or Node do not serve.
 * https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */
export async function sindriExecutable(options: ExecutableOptions): Promise<Executable> {
  if (platform() !== 'linux' || arch() !== options.arch) {
    throw new SindriError(
      'unsupported',
      `cannot make a Linux ${options.arch} executable of this Sindri on ${platform()} ${arch()}`,
      { hint: 'give the number of a released version, which the image then downloads: --sindri-version 3.1.0' },
    )
  }
  const { size } = await stat(options.node)
  const madeFrom = createHash('sha256')
    .update(`${await contentHash(options.bundle)} ${options.nodeVersion} ${size}`)
    .digest('hex')
    .slice(0, 16)
  const file = join(options.cache, `sindri-linux-${options.arch}-${madeFrom}.gz`)
  if (!(await exists(file))) {
    options.tell?.('making the Sindri executable for the image (once per version)')
    await make(options, file)
  }
  return { file, madeFrom }
}

async function make(options: ExecutableOptions, file: string): Promise<void> {
  await mkdir(options.cache, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(join(options.cache, 'making-'))
  try {
    const program = singleExecutable(await readFile(options.node), await preparedBlob(options, folder))
    const packed = join(folder, 'sindri.gz')
    await pipeline(Readable.from(program), createGzip(), createWriteStream(packed))
    await rename(packed, file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function preparedBlob(options: ExecutableOptions, folder: string): Promise<Buffer> {
  const output = join(folder, 'blob')
  const settings = join(folder, 'sea.json')
  await writeFile(
    settings,
    JSON.stringify({ main: options.bundle, output, disableExperimentalSEAWarning: true, useCodeCache: false }),
  )
  try {
    await promisify(execFile)(options.node, ['--experimental-sea-config', settings], { env: {} })
    return await readFile(output)
  } catch (cause) {
    throw new SindriError('prerequisite', `${options.node} cannot prepare a single executable: ${messageOf(cause)}`, {
      hint: 'run Sindri with a plain Node 24 or newer',
      cause,
    })
  }
}

async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw cause
    throw new SindriError('prerequisite', `${file} does not exist`, {
      hint: 'in a clone of the repository, npm run build makes it',
      cause,
    })
  }
  return hash.digest('hex')
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}
