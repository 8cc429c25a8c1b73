import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSampleDisk } from './sample-disk.ts'
import { median, secondsOfChildren } from './times.ts'
import type { Work } from './transfer-worker.ts'

const gib = 1024 ** 3
const rounds = 3
const vhdFooterBytes = 512

/** What moving a disk's bytes costs; ratios of two pieces of work in one run, medians of three rounds side by side. */
export interface Transfer {
  /** Read for three clouds together, divided by what the disk holds. */
  readonly readOnce: number
  /** Sent, divided by the blocks of 512 KiB (EBS) or pages of 64 KiB (Azure) that hold something. */
  readonly sent: BothWays
  /** Sent, divided by what is not zero, in pieces of 4 KiB. */
  readonly sentOverData: BothWays
  /** Processor time of three clouds in one pass, divided by that of packing alone. */
  readonly together: number
  /** Processor time of packing, and the size of what comes out, divided by that of `tar | pigz -6`; where that is. */
  readonly packing?: { readonly processor: number; readonly size: number }
  /** Processor time of our upload to EBS, divided by that of @aws-sdk/client-ebs. */
  readonly ebs: number
  /** Of three clouds together, and of a disk of 1 TiB. */
  readonly peakMiB: number
  readonly hugePeakMiB: number
}

/** To the two clouds that take no zeros. */
interface BothWays {
  readonly ebs: number
  readonly azure: number
}

/** Measures with a disk of 2 GiB that holds 96 MiB, one of 1 TiB that holds the same, and one of 8 GiB that holds 576. */
export async function measureTransfer(): Promise<Transfer> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-bench-'))
  const sink = spawn(process.execPath, [join(import.meta.dirname, 'ebs-sink.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await once(sink.stdout, 'data')
    const url = `http://127.0.0.1:${String(port).trim()}`
    const disk = join(folder, 'disk.raw')
    const huge = join(folder, 'huge.raw')
    const large = join(folder, 'large.raw')
    writeSampleDisk(disk, 2 * gib)
    writeSampleDisk(large, 8 * gib, 18)
    writeSampleDisk(huge, 1024 * gib)
    const pack: Work[] = []
    const together: Work[] = []
    const ours: Work[] = []
    const sdk: Work[] = []
    const pigz: Packed[] = []
    for (let round = 0; round < rounds; round += 1) {
      pack.push(worker('pack', disk))
      together.push(worker('together', disk))
      ours.push(worker('ebs', large, url))
      sdk.push(worker('ebs-sdk', large, url))
      const other = packedByPigz(folder, disk)
      if (other !== undefined) pigz.push(other)
    }
    const [one] = together
    const [packed] = pack
    const [other] = pigz
    // A VHD ends with a footer that is no part of the disk.
    const sent = { ebs: one?.sentBytes ?? Number.NaN, azure: (one?.pageBytes ?? Number.NaN) - vhdFooterBytes }
    const data = touchedBytes(disk, 4096)
    return {
      readOnce: median(together.map(({ readBytes = Number.NaN, extentBytes }) => readBytes / extentBytes)),
      sent: { ebs: sent.ebs / touchedBytes(disk, 512 * 1024), azure: sent.azure / touchedBytes(disk, 64 * 1024) },
      sentOverData: { ebs: sent.ebs / data, azure: sent.azure / data },
      together: processor(together) / processor(pack),
      ...(other !== undefined && {
        packing: {
          processor: processor(pack) / processor(pigz),
          size: (packed?.packedBytes ?? Number.NaN) / other.packedBytes,
        },
      }),
      ebs: processor(ours) / processor(sdk),
      peakMiB: Math.max(...together.map(({ peakMiB }) => peakMiB)),
      hugePeakMiB: worker('blocks', huge).peakMiB,
    }
  } finally {
    sink.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

function worker(work: string, disk: string, url = ''): Work {
  const file = join(import.meta.dirname, 'transfer-worker.ts')
  return JSON.parse(execFileSync(process.execPath, [file, work, disk, url], { encoding: 'utf8' })) as Work
}

interface Packed {
  readonly processorSeconds: number
  readonly packedBytes: number
}

/** Undefined where there is no pigz. */
function packedByPigz(folder: string, disk: string): Packed | undefined {
  const out = join(folder, 'pigz.tar.gz')
  // `times` tells the processor time of what the shell has run: its last line.
  const script = 'tar --format=oldgnu -Scf - -C "$1" disk.raw | pigz -6 >"$2"; times'
  let told: string
  try {
    execFileSync('sh', ['-c', 'command -v pigz'], { stdio: 'ignore' })
    told = execFileSync('bash', ['-c', script, 'bash', join(disk, '..'), out], { encoding: 'utf8' })
  } catch {
    return undefined
  }
  return { processorSeconds: secondsOfChildren(told), packedBytes: statSync(out).size }
}

function processor(times: readonly { readonly processorSeconds: number }[]): number {
  return median(times.map(({ processorSeconds }) => processorSeconds))
}

/** Bytes in pieces of this size in which there is anything but zeros. */
function touchedBytes(disk: string, pieceBytes: number): number {
  const [chunk, zeros] = [Buffer.alloc(4 << 20), Buffer.alloc(pieceBytes)]
  const file = openSync(disk, 'r')
  let touched = 0
  for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk))
    for (let at = 0; at < length; at += pieceBytes) {
      const piece = chunk.subarray(at, Math.min(at + pieceBytes, length))
      if (!piece.equals(zeros.subarray(0, piece.length))) touched += piece.length
    }
  closeSync(file)
  return touched
}
