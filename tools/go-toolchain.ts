import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { command } from './step.ts'

interface Pin {
  readonly version: string
  /** Of the zip on the Go module proxy, by Go's own name of the platform. */
  readonly sha256: Readonly<Record<string, string>>
}

/**
 * A `go` new enough to build the parts: the one on PATH, else the toolchain that parts/go-toolchain.json pins, fetched
 * as a module from the Go proxy into `folder`. Debian's own is too old to build with, and tells which proxy that is. https://go.dev/doc/toolchain
 */
export async function goCommand(pinFile: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const pin: Pin = JSON.parse(await readFile(pinFile, 'utf8'))
  const installed = /\bgo(\d+)\.(\d+)\.(\d+)\b/.exec((await command(['go', 'version'])).output)
  if (installed !== null && newEnough(installed.slice(1), pin.version.split('.'))) return 'go'

  const platform = `linux-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const sha256 = process.platform === 'linux' ? pin.sha256[platform] : undefined
  if (sha256 === undefined) throw new Error(`install Go ${pin.version} or newer: none is pinned for this platform`)
  const name = `v0.0.1-go${pin.version}.${platform}`
  const home = join(folder, `golang.org-toolchain@${name}`)
  if (!existsSync(home)) await fetchToolchain({ name, sha256, home, folder, goProxy: await goProxy(env) })
  return join(home, 'bin/go')
}

/** The module proxy this machine is set up with. Any Go knows it, also one too old to build the parts. */
async function goProxy(env: NodeJS.ProcessEnv): Promise<string> {
  const list = env.GOPROXY ?? (await command(['go', 'env', 'GOPROXY'])).output
  const proxy = list.split(/[,|]/).find((entry) => /^https?:/.test(entry))
  if (proxy === undefined) throw new Error('no Go module proxy is known: install golang-go, or set GOPROXY')
  return proxy.trim()
}

async function fetchToolchain(wanted: {
  readonly name: string
  readonly sha256: string
  readonly home: string
  readonly folder: string
  readonly goProxy: string
}): Promise<void> {
  const url = `${wanted.goProxy.replace(/\/$/, '')}/golang.org/toolchain/@v/${wanted.name}.zip`
  const temporary = await mkdtemp(join(wanted.folder, 'go-'))
  try {
    const zip = join(temporary, 'go.zip')
    const response = await fetch(url)
    if (!response.ok) throw new Error(`cannot fetch ${url}: HTTP ${response.status}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    const found = createHash('sha256').update(bytes).digest('hex')
    if (found !== wanted.sha256) throw new Error(`${url} has sha256 ${found}, not the pinned ${wanted.sha256}`)
    await writeFile(zip, bytes)
    const unpacked = await command(['unzip', '-q', zip, '-d', temporary])
    if (unpacked.state === 'failed') throw new Error(`cannot unpack ${url}: ${unpacked.output}`)
    const home = join(temporary, `golang.org/toolchain@${wanted.name}`)
    await asGoWouldUnpackIt(home)
    await rename(home, wanted.home)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** A module zip carries no modes, and the toolchain's has its go.mod files renamed. https://go.dev/ref/mod#zip-files */
async function asGoWouldUnpackIt(home: string): Promise<void> {
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (entry.name === '_go.mod') await rename(file, join(entry.parentPath, 'go.mod'))
    else if (entry.isFile() && /^(bin|pkg\/tool)\//.test(relative(home, file))) await chmod(file, 0o755)
  }
}

function newEnough(installed: readonly string[], wanted: readonly string[]): boolean {
  const difference = wanted.map((part, index) => Number(installed[index]) - Number(part)).find((number) => number !== 0)
  return (difference ?? 0) >= 0
}
