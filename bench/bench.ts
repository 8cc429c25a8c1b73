import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildStep } from '../tools/build.ts'
import type { Engine } from './engine-worker.ts'
import { type Candidate, medianTimes } from './interleaved.ts'
import { buildOverhead } from './overhead.ts'
import { measurePeers } from './peers.ts'
import { sideBySide } from './side-by-side.ts'
import { measureTransfer } from './transfer.ts'

/** One promise about speed. `value` and `target` are ratios, of which less is better. */
interface Row {
  readonly name: string
  readonly value: number
  readonly target: number
  readonly met: boolean
}

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '21' },
    startup: { type: 'boolean' },
    peers: { type: 'boolean' },
  },
})

const built = await buildStep(true).run()
if (built.state === 'failed') {
  console.error(built.output)
  process.exit(1)
}
const rows = [...startup(Number(flags.rounds))]
if (flags.startup !== true && flags.peers !== true)
  rows.push(...(await transfer()), ...engine(), ...overhead(), ...(await together()))
if (flags.peers === true) rows.push(...(await peers()))
if (flags.json === true) console.log(JSON.stringify(rows, undefined, 2))
else
  for (const row of rows)
    console.log(`${row.met ? 'ok    ' : 'missed'}  ${row.name}: ${row.value} (at most ${row.target})`)
process.exitCode = rows.every(({ met }) => met) ? 0 : 1

/** How much longer the built CLI takes than a Node that starts and does nothing, measured in the same minute. */
function startup(rounds: number): readonly Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  try {
    writeFileSync(join(folder, 'empty.js'), '')
    const env = { PATH: process.env.PATH, HOME: folder }
    const sindri = [process.execPath, join(import.meta.dirname, '../bin/sindri.js')]
    const candidate = (name: string, argv: readonly string[]): Candidate => ({ name, argv, cwd: folder, env })
    const dryRun = ['vm', 'build', '--cloud', 'aws', '--name', 'bench', '--dry-run']
    const times = medianTimes(
      [
        candidate('empty', [process.execPath, 'empty.js']),
        candidate('version', [...sindri, '--version']),
        candidate('dry run', [...sindri, ...dryRun]),
      ],
      rounds,
    )
    const ratio = (name: string): number => (times.get(name) ?? Number.NaN) / (times.get('empty') ?? Number.NaN)
    return [
      row('sindri --version / an empty Node program', ratio('version'), 1.5),
      row(`sindri ${dryRun.join(' ')} / an empty Node program`, ratio('dry run'), 2.5),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What it costs to read a disk, to write it down for clouds and to send it. */
async function transfer(): Promise<readonly Row[]> {
  const { readOnce, sent, sentOverData, together: all, packing, ebs, peakMiB, hugePeakMiB } = await measureTransfer()
  return [
    row('bytes read for three clouds together / bytes the disk holds', readOnce, 1),
    row('bytes sent to EBS / blocks of 512 KiB that hold something', sent.ebs, 1),
    row('bytes sent to Azure / pages of 64 KiB that hold something', sent.azure, 1),
    row('bytes sent to EBS / bytes that are not zero', sentOverData.ebs, 1.02),
    row('bytes sent to Azure / bytes that are not zero', sentOverData.azure, 1.02),
    row('processor time of three clouds in one pass / of packing alone', all, 1.3),
    ...(packing === undefined
      ? []
      : [
          row('processor time of the tar.gz for Google Cloud / of tar | pigz -6', packing.processor, 0.65),
          row('size of the tar.gz for Google Cloud / of tar | pigz -6', packing.size, 1.02),
        ]),
    row('processor time of sending blocks to EBS / of @aws-sdk/client-ebs', ebs, 0.45),
    row(`peak memory of three clouds in one pass (${Math.round(peakMiB)} MiB) / 250 MiB`, peakMiB / 250, 1),
    row(`peak memory of a disk of 1 TiB (${Math.round(hugePeakMiB)} MiB) / 250 MiB`, hugePeakMiB / 250, 1),
  ]
}

/** The same work by programs of others, where they are: a Go toolchain, and coldsnap. */
async function peers(): Promise<readonly Row[]> {
  const { goSeconds, coldsnap } = await measurePeers()
  return [
    ...(goSeconds === undefined ? [] : [row('time to send blocks to EBS / by a Go client', goSeconds, 1.11)]),
    ...(coldsnap === undefined
      ? []
      : [
          row('time to make a snapshot of a disk / by coldsnap', coldsnap.seconds, 1),
          row('processor time to make a snapshot of a disk / by coldsnap', coldsnap.processor, 1),
        ]),
  ]
}

/** What the engine itself costs; these two are promised in seconds. */
function engine(): readonly Row[] {
  const worker = join(import.meta.dirname, 'engine-worker.ts')
  const told = execFileSync(process.execPath, [worker], { encoding: 'utf8' })
  const { stepsProcessorSeconds, planningSeconds } = JSON.parse(told) as Engine
  return [
    row('processor time of 8,700 steps / 3 s', stepsProcessorSeconds / 3, 1),
    row('planning 300 images in 25 regions, without latency / 10 s', planningSeconds / 10, 1),
  ]
}

/** What Sindri adds to a warm rehearsed build: at most a second, or a twentieth of Packer's own time if that is more. */
function overhead(): readonly Row[] {
  const took = buildOverhead([process.execPath, join(import.meta.dirname, '../bin/sindri.js')])
  if (took === undefined) return []
  const allowedMs = Math.max(1000, took.packerMs * 0.05)
  const name = `overhead around a packer build of ${Math.round(took.packerMs / 100) / 10} s / what is allowed`
  return [row(name, (took.totalMs - took.packerMs) / allowedMs, 1)]
}

/** Builds in all clouds at once take little longer than the slowest alone, or than the processors allow; lists overlap. */
async function together(): Promise<readonly Row[]> {
  const took = await sideBySide([process.execPath, join(import.meta.dirname, '../bin/sindri.js')])
  if (took === undefined) return []
  const seconds = (time: number): string => `${Math.round(time * 10) / 10} s`
  const { clouds, builds, lists } = took
  const bounds = `the slowest alone (${seconds(builds.slowest)}) or their processor time (${seconds(builds.bound)} on every processor)`
  return [
    row(
      `builds in ${clouds.length} clouds at once (${seconds(builds.together)}) / ${bounds}`,
      builds.together / Math.max(builds.slowest, builds.bound),
      1.2,
    ),
    row(
      `lists in ${clouds.length} clouds at once (${seconds(lists.together)}) / one after the other (${seconds(lists.inTurn)})`,
      lists.together / lists.inTurn,
      0.5,
    ),
  ]
}

function row(name: string, value: number, target: number): Row {
  return { name, value: Math.round(value * 100) / 100, target, met: value <= target }
}
