import type { BuildResult } from '../actions/build/build.ts'
import type { CopyResult } from '../actions/copy.ts'
import type { Deployment } from '../actions/deploy.ts'
import type { DoctorResult } from '../actions/doctor.ts'
import type { InitResult } from '../actions/init.ts'
import type { PermissionsResult } from '../actions/permissions.ts'
import type { ValidateResult } from '../actions/validate.ts'
import type { CloudImage } from '../clouds/cloud.ts'
import type { Status } from '../rehearsal/index.ts'
import { costText } from './cost-text.ts'
import { elapsed } from './terminal.ts'

/** The result of a build for people. */
export function buildText(result: BuildResult): string {
  const others = Object.entries(result.regions).filter(([region]) => region !== result.region)
  return [
    result.cached ? 'Image found, nothing to build' : 'Image built successfully',
    `Image ID: ${result.image_id}`,
    `Name: ${result.name}`,
    `Region: ${result.region}`,
    ...others.map(([region, id]) => `Copy in ${region}: ${id}`),
    ...readerLines(result.readers),
    `Base: ${result.base}`,
    `Sindri version: ${result.sindri_version}`,
    `Profile: ${result.profile}${result.extensions.length > 0 ? ` (${result.extensions.join(', ')})` : ''}`,
    `Time: ${elapsed(result.elapsed_seconds * 1000)}${result.rehearsed ? ', rehearsed' : ''}`,
    ...(result.openscap_report === undefined ? [] : [`OpenSCAP report: ${result.openscap_report}`]),
    `Cost: ${costText(result.cost)}`,
    ...result.failed.map((one) => `Not done: ${one.id}: ${one.message}`),
  ].join('\n')
}

function readerLines(readers: Readonly<Record<string, string>>): string[] {
  const different = new Set(Object.values(readers))
  if (different.size <= 1) return [`Readers: ${[...different][0] ?? 'private'}`]
  return Object.entries(readers).map(([region, who]) => `Readers in ${region}: ${who}`)
}

/** The copies of an image, for people. */
export function copyText({ image_id: id, region, regions, copied }: CopyResult): string {
  return [
    copied.length === 0 ? `Copies found, nothing to copy: ${id} in ${region}` : `Copied ${id} in ${region}`,
    ...Object.entries(regions).map(([where, copy]) => `Copy in ${where}: ${copy}`),
  ].join('\n')
}

/** 004's list of images. */
export function imagesText(images: readonly CloudImage[]): string {
  const blocks = images.map((image) =>
    [
      `ID: ${image.id}`,
      `Name: ${image.name}`,
      `State: ${image.state.charAt(0).toUpperCase()}${image.state.slice(1)}`,
      `Sindri version: ${image.sindriVersion ?? 'unknown'}`,
      `Created: ${image.createdAt}`,
    ].join('\n'),
  )
  return [`Found ${images.length} image(s):`, ...blocks].join('\n\n')
}

/** The list for programs. */
export function imagesJson(images: readonly CloudImage[]): unknown {
  return images.map((image) => ({
    id: image.id,
    name: image.name,
    region: image.region,
    state: image.state,
    sindri_version: image.sindriVersion,
    created_at: image.createdAt,
    base: image.base,
    release: image.release,
    fingerprint: image.fingerprint,
    tags: image.tags,
  }))
}

/** 004's block about a launched instance. */
export function deploymentText(result: Deployment): string {
  return [
    'Instance launched successfully',
    `Instance ID: ${result.instance_id}`,
    `Public IP: ${result.public_ip ?? 'none'}`,
    `Private IP: ${result.private_ip ?? 'none'}`,
    `SSH: ${result.ssh}`,
  ].join('\n')
}

/** 004's report of prerequisites, and the permissions. */
export function doctorText(result: DoctorResult): string {
  const packer =
    result.packer.version === undefined
      ? [`${result.packer.problem}`, ...hint(result.packer.hint)]
      : [`Packer installed: ${result.packer.version}`]
  const clouds = result.clouds.flatMap(({ cloud, cli, credentials, packerProblem, permissions }) => [
    '',
    `${cloud.toUpperCase()} Prerequisites`,
    ...(cli.version === undefined
      ? ['  CLI not installed (optional: Sindri does not need it)', `  Install: ${cli.install}`]
      : [`  CLI installed: ${cli.version}`]),
    ...(credentials.identity === undefined
      ? ['  Credentials not configured', `  Run: ${credentials.run}`, `  ${credentials.problem}`]
      : ['  Credentials configured', `  Identity: ${credentials.identity}`, `  From: ${credentials.source}`]),
    ...(packerProblem === undefined ? [] : [`  ${packerProblem}`]),
    ...permissionLines(cloud, permissions, credentials.identity !== undefined),
  ])
  return ['Packer Prerequisites Check', '', ...packer, ...clouds].join('\n')
}

function permissionLines(
  cloud: string,
  { needed, missing }: { needed: number; missing: readonly string[] | undefined },
  known: boolean,
): string[] {
  const refused = missing ?? []
  if (refused.length > 0)
    return [`  Permissions missing: ${refused.join(', ')}`, `  Run: sindri vm permissions --cloud ${cloud}`]
  const tried =
    missing === undefined
      ? 'the cloud does not tell which are granted'
      : 'none of those that can be tried dry is refused'
  return [`  Permissions needed: ${needed}${known ? ` (${tried})` : ''}`]
}

/** What `init` wrote, and 004's next steps. */
export function initText({ template, created, plugins }: InitResult): string {
  const folder = template.replace(/[^/]*$/, '')
  const rest = created.filter((file) => file !== template).length
  const steps = [
    `Edit ${template} as needed`,
    ...(plugins ? [`Run: packer init ${folder}`] : []),
    `Run: packer build ${folder}`,
  ]
  return [
    `Created: ${template}`,
    `         and ${rest} files beside it`,
    '',
    'Next steps:',
    ...steps.map((step, index) => `  ${index + 1}. ${step}`),
  ].join('\n')
}

/** The result of `validate`. */
export function validateText(result: ValidateResult): string {
  return [
    `Template for ${result.cloud} is valid (Packer ${result.packer})`,
    ...result.warnings.map((warning) => `Warning: ${warning}`),
  ].join('\n')
}

/** Each action and why, for people; the policy itself goes to programs and to `--json`. */
export function permissionsText(result: PermissionsResult): string {
  return JSON.stringify(result.policy, undefined, 2)
}

/** What the rehearsed clouds hold. */
export function statusText(status: Status): string {
  const lines = [status.running ? 'Rehearsal running' : 'No rehearsal is running']
  for (const [cloud, regions] of Object.entries(status.resources)) {
    for (const [region, kinds] of Object.entries(regions)) {
      for (const [kind, things] of Object.entries<readonly object[]>(kinds)) {
        for (const thing of things) lines.push(`${cloud} ${region} ${kind}: ${describe(thing)}`)
      }
    }
  }
  return lines.length > 1 ? lines.join('\n') : `${lines[0]}\nNo images, disks, instances or anything else`
}

function describe(thing: object): string {
  const { id, name, state } = thing as { id?: string; name?: string; state?: string }
  return [id, name, state].filter((part) => part !== undefined && part !== '').join(' ')
}

function hint(text: string | undefined): string[] {
  return text === undefined ? [] : [`  ${text}`]
}
