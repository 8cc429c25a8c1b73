/**
 * `npm run storm -- --kills 20 --runners 2`: publishes version after version of a small disk in rehearsed clouds while
 * runners are killed at random moments and requests fail; at the end each cloud must hold exactly what undisturbed runs
 * make. Prints a table; exit code 1 when something is missing or left over. With `--store s3://records/ci` the runners share
 * their records there, and what is on their machine goes at each kill, as with jobs of CI.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import type { VerifyResult } from '../src/actions/publish/verify.ts'
import { buildStep } from '../tools/build.ts'
import { type Counts, countsOf, differences, expected, total } from './count.ts'
import { type Home, openHome } from './home.ts'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    runners: { type: 'string', default: '2' },
    clouds: { type: 'string' },
    store: { type: 'string' },
    json: { type: 'boolean' },
  },
})
const kills = Number(flags.kills)
const runners = Number(flags.runners)

/** A run lives so long at most before it is killed; an undisturbed one takes about as long. */
const longestLifeMs = 8_000

interface Row {
  readonly records: 'kept' | 'deleted' | 'shared'
  readonly runners: number
  readonly kills: number
  readonly faults: number
  readonly versions: number
  readonly expected: number
  readonly found: number
  readonly leaked: readonly string[]
  readonly drift: number
}

const built = await buildStep(true).run()
if (built.state === 'failed') {
  console.error(built.output)
  process.exit(1)
}
const targets = targetsOf(flags.clouds)
const disk = diskOf(12)
const { one, two, operations } = await undisturbed()
const rows: Row[] = []
for (const records of flags.store === undefined ? (['kept', 'deleted'] as const) : (['shared'] as const))
  rows.push(await storm(records))
if (flags.json === true) console.log(JSON.stringify(rows, undefined, 2))
else
  for (const row of rows) {
    const { leaked, ...numbers } = row
    console.log(
      Object.entries(numbers)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
      `, leaked ${leaked.length}`,
    )
    for (const line of leaked) console.log(`  ${line}`)
  }
process.exitCode = rows.every(({ leaked, drift }) => leaked.length === 0 && drift === 0) ? 0 : 1

/** The clouds of the example that publishes everywhere. */
function targetsOf(clouds: string | undefined): Record<string, unknown> {
  const file = join(import.meta.dirname, '../examples/publish-everywhere/sindri.yaml')
  const { release } = parse(readFileSync(file, 'utf8')) as { release: { targets: Record<string, unknown> } }
  const only = clouds?.split(',')
  return Object.fromEntries(Object.entries(release.targets).filter(([cloud]) => only?.includes(cloud) ?? true))
}

/** So many MiB that no compression makes smaller, with the mark of a boot sector. */
function diskOf(mib: number): Uint8Array {
  const bytes = randomBytes(mib * 1024 * 1024)
  bytes.writeUInt16BE(0x55aa, 510)
  return bytes
}

/** What one and two versions hold when nothing goes wrong, and which operations change something. */
async function undisturbed(): Promise<{ one: Counts; two: Counts; operations: readonly string[] }> {
  const home = openHome(targets, disk, flags.store)
  try {
    const held: Counts[] = []
    for (const version of ['1.0.1', '1.0.2']) {
      home.version(version)
      await home.json('vm', 'publish', '--rehearse')
      held.push(countsOf(await home.status()))
    }
    const { requests } = await home.status()
    const [first = new Map(), second = new Map()] = held
    return { one: first, two: second, operations: [...new Set(requests.map(({ operation }) => operation))] }
  } finally {
    await home.close()
  }
}

async function storm(records: Row['records']): Promise<Row> {
  const home = openHome(targets, disk, flags.store)
  try {
    // Each operation breaks off twice: once before the cloud has heard of it, once when it has done it.
    const faults = operations.flatMap((operation) => [
      `${operation}:before:Disconnect`,
      `${operation}:after:Disconnect`,
    ])
    await home.json('rehearsal', 'up', ...faults.flatMap((fault) => ['--fault', fault]))
    let killed = 0
    let versions = 0
    while (killed < kills) {
      versions += 1
      home.version(`1.0.${versions}`)
      killed += await untilDone(home, kills - killed, records)
    }
    const want = expected(one, two, versions)
    const have = countsOf(await home.status())
    let drift = 0
    for (let version = 1; version <= versions; version++) {
      home.version(`1.0.${version}`)
      const { stdout } = await home.start('vm', 'verify', '--rehearse', '--json').ended
      drift += (JSON.parse(stdout) as VerifyResult).drift.length
    }
    return {
      ...{ records, runners, kills: killed, faults: faults.length, versions },
      ...{ expected: total(want), found: total(have), leaked: differences(want, have), drift },
    }
  } finally {
    await home.close()
  }
}

/** Runs a version until a runner ends well by itself; kills up to `most` of them before. Returns how many. */
async function untilDone(home: Home, most: number, records: Row['records']): Promise<number> {
  let killed = 0
  let done = false
  let lastWords = ''
  async function runner(): Promise<void> {
    for (let attempt = 1; !done && attempt <= most + 20; attempt++) {
      const { child, ended } = home.start('vm', 'publish', '--rehearse', '--quiet')
      const life = new AbortController()
      const end = sleep(300 + Math.random() * longestLifeMs, undefined, { signal: life.signal }).then(
        () => {
          if (done || killed >= most) return
          killed += 1
          child.kill('SIGKILL')
          if (records !== 'kept') home.forgetRecords()
        },
        () => undefined,
      )
      const { code, stderr } = await ended
      life.abort()
      await end
      if (code === 0) done = true
      else lastWords = stderr
    }
  }
  await Promise.all(Array.from({ length: runners }, runner))
  if (!done) throw new Error(`no run ended well; the last one said:\n${lastWords}`)
  return killed
}
