import type { PlannedCloud, PlanResult } from '../actions/publish/plan.ts'
import type { PublishResult } from '../actions/publish/publish.ts'
import type { UnpublishResult } from '../actions/publish/unpublish.ts'
import type { VerifyResult } from '../actions/publish/verify.ts'
import type { DiskFacts, ManifestImage } from '../release/manifest.ts'
import { bytesText } from './bytes.ts'
import { elapsed } from './terminal.ts'

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function imageTable(images: readonly ManifestImage[]): string {
  if (images.length === 0) return 'No image exists'
  const rows = images.map(({ cloud, region, readers, reference }) => [cloud, region, readers, reference])
  return table([['Cloud', 'Region', 'Readers', 'Image'], ...rows])
}

/** The result of a publish for people. */
export function publishText(result: PublishResult): string {
  return [
    `Published ${result.release}`,
    imageTable(result.images),
    ...diskLines(result),
    ...(result.disk_bytes === undefined
      ? []
      : [`Sent: ${bytesText(result.sent_bytes)} of a disk of ${bytesText(result.disk_bytes)}`]),
    `Time: ${elapsed(result.elapsed_seconds * 1000)}${result.rehearsed ? ', rehearsed' : ''}`,
    ...result.failed.map(({ id, message }) => `Not done: ${id}: ${message}`),
  ].join('\n')
}

function diskLines({ disk_sha256: digest, architecture, firmware }: DiskFacts, more = ''): readonly string[] {
  return digest === undefined ? [] : [`Disk: sha256 ${digest}, ${architecture}, ${firmware}${more}`]
}

/** What would be done, for people. */
export function planText(result: PlanResult): string {
  const settings = result.settings.filter(({ want, have }) => want !== have)
  return [
    `Release: ${result.release}`,
    ...diskLines(result, `, ${bytesText(result.data_bytes)} of data in ${bytesText(result.disk_bytes ?? 0)}`),
    table(result.clouds.map(plannedCloud)),
    table([
      ...result.steps.map(({ id, title, state }) => [cloudOf(id), state, title]),
      ...settings.map(({ id, title, want, have }) => [
        cloudOf(id),
        'to set',
        `${title}: ${have ?? 'nothing yet'} → ${want}`,
      ]),
    ]),
    ...result.findings.map(({ level, message, hint }) => `${level}: ${message}\n  hint: ${hint}`),
  ].join('\n')
}

/** Ids begin with the cloud. */
function cloudOf(id: string): string {
  return id.split('/')[0] ?? ''
}

function plannedCloud({ cloud, images, send_bytes: bytes, send_seconds: seconds, usd_per_month: usd }: PlannedCloud) {
  return [
    cloud,
    `${images} image(s)`,
    bytes === 0 ? 'nothing to send' : `at most ${bytesText(bytes)} to send (${elapsed(seconds * 1000)} at 100 Mbit/s)`,
    usd === undefined ? '' : `at most $${usd.toFixed(2)} a month`,
  ]
}

/** What exists, for people. */
export function statusText(result: VerifyResult): string {
  const missing = result.drift.filter(({ want }) => want === 'exists')
  return [headOf(result), ...missing.map(({ title, have }) => `Not so: ${title} (${have})`)].join('\n')
}

function headOf(result: VerifyResult): string {
  return [`Release: ${result.release}`, imageTable(result.images)].join('\n')
}

/** What differs, for people. */
export function verifyText(result: VerifyResult): string {
  const differences = result.drift.map(({ title, want, have }) => `${title}: is ${have}, should be ${want}`)
  const verdict = differences.length === 0 ? 'All is as declared' : `${differences.length} difference(s)`
  return [headOf(result), verdict, ...differences].join('\n')
}

/** What was removed, for people. */
export function unpublishText({ release, removed }: UnpublishResult): string {
  return [
    `Removed ${removed.length} image(s) of ${release}`,
    ...removed.map((one) => `  ${one.cloud} ${one.region} ${one.image_id}`),
  ].join('\n')
}
