import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSampleDisk } from './sample-disk.ts'
import { median, secondsOfChildren } from './times.ts'
import type { Work } from './transfer-worker.ts'

const gib = 1024 ** 3
const rounds = 3
const region = 'us-east-1'
const worker = join(import.meta.dirname, 'transfer-worker.ts')

/** Ours divided by theirs, medians of three rounds side by side; absent where a program is not there. */
export interface Peers {
  /** Blocks sent to an EBS that keeps none, by our client and by one in Go with as many requests at a time. */
  readonly goSeconds?: number
  /** A snapshot in the stand-in of AWS, by our client and by coldsnap, AWS's own uploader. */
  readonly coldsnap?: { readonly seconds: number; readonly processor: number }
}

/** What a piece of work took, in seconds. */
type Took = Pick<Work, 'seconds' | 'processorSeconds'>

/** Measures with a disk of 8 GiB that holds 576 MiB, which is in memory for both. */
export async function measurePeers(): Promise<Peers> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  const disk = join(folder, 'disk.raw')
  writeSampleDisk(disk, 8 * gib, 18)
  try {
    return {
      ...(isThere('go', 'version') && { goSeconds: await besideGo(folder, disk) }),
      ...(isThere('coldsnap', '--help') && { coldsnap: besideColdsnap(folder, disk) }),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function besideGo(folder: string, disk: string): Promise<number> {
  const client = join(folder, 'go-client')
  execFileSync('go', ['build', '-o', client, '.'], { cwd: join(import.meta.dirname, 'go-client') })
  const sink = spawn(process.execPath, [join(import.meta.dirname, 'ebs-sink.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await once(sink.stdout, 'data')
    const url = `http://127.0.0.1:${String(port).trim()}`
    const { ours, theirs } = sideBySide(
      () => JSON.parse(execFileSync(process.execPath, [worker, 'ebs', disk, url], { encoding: 'utf8' })) as Took,
      () => JSON.parse(execFileSync(client, [disk, url], { encoding: 'utf8' })) as Took,
    )
    return medianOf('seconds', ours) / medianOf('seconds', theirs)
  } finally {
    sink.kill()
  }
}

function besideColdsnap(folder: string, disk: string): NonNullable<Peers['coldsnap']> {
  const home = { ...process.env, SINDRI_HOME: join(folder, 'home') }
  const sindri = (...words: readonly string[]): string =>
    execFileSync(process.execPath, [join(import.meta.dirname, '../bin/sindri.js'), 'rehearsal', ...words, '--json'], {
      encoding: 'utf8',
      env: home,
    })
  sindri('up')
  try {
    const rehearsed = { ...process.env, ...(JSON.parse(sindri('env')) as Readonly<Record<string, string>>) }
    // Both are told where it is: what is compared is not a proxy.
    const env = { ...rehearsed, AWS_REGION: region, HTTPS_PROXY: undefined, https_proxy: undefined }
    const { ours, theirs } = sideBySide(
      () => timed(process.execPath, [worker, 'snapshot', disk], env),
      () => timed('coldsnap', ['upload', '--omit-zero-blocks', '--no-progress', disk], env),
    )
    return {
      seconds: medianOf('seconds', ours) / medianOf('seconds', theirs),
      processor: medianOf('processorSeconds', ours) / medianOf('processorSeconds', theirs),
    }
  } finally {
    sindri('down')
  }
}

function sideBySide(one: () => Took, other: () => Took): { readonly ours: Took[]; readonly theirs: Took[] } {
  const [ours, theirs]: [Took[], Took[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    ours.push(one())
    theirs.push(other())
  }
  return { ours, theirs }
}

/** A program from its beginning to its end. */
function timed(program: string, words: readonly string[], env: NodeJS.ProcessEnv): Took {
  const began = performance.now()
  // The last line of `times` is the processor time of what the shell has run.
  const told = execFileSync('bash', ['-c', '"$@" >&2; code=$?; times; exit $code', 'bash', program, ...words], {
    encoding: 'utf8',
    env,
  })
  const seconds = (performance.now() - began) / 1000
  return { seconds, processorSeconds: secondsOfChildren(told) }
}

function isThere(program: string, word: string): boolean {
  return spawnSync(program, [word], { stdio: 'ignore' }).status === 0
}

function medianOf(of: keyof Took, times: readonly Took[]): number {
  return median(times.map((took) => took[of]))
}
