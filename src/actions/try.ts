import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, SindriError } from '../core/error.ts'
import { type BuildResult, build } from './build/build.ts'
import type { ConfigOptions } from './configure.ts'
import type { Context } from './context.ts'
import { remove } from './delete.ts'
import { type Deployment, deploy } from './deploy.ts'
import { doctor } from './doctor.ts'
import { list } from './list.ts'
import { rehearsalDown, rehearsalStatus } from './rehearsal.ts'
import { terminate } from './terminate.ts'
import { validate } from './validate.ts'

/** What `try --json` prints. */
export interface TryResult {
  readonly build: BuildResult
  readonly deployment: Pick<Deployment, 'instance_id' | 'public_ip' | 'ssh_user'>
  /** What commands inside the deployed instance printed, by command. */
  readonly inside: Readonly<Record<string, string>>
  /** What is left in the rehearsed clouds at the end; empty when all was cleaned up. */
  readonly left: readonly string[]
}

const commands = ['sindri --version', 'cat /etc/os-release']

/** The main job from end to end, rehearsed, telling what it does. Whatever happens, the rehearsal it ran in is taken down. */
export async function attempt(context: Context, say: (text: string) => void): Promise<TryResult> {
  const options: ConfigOptions = { config: join(context.self.assets, 'examples', 'try', 'sindri.yaml'), flags: {} }
  try {
    return await tour(options, context, say)
  } finally {
    await rehearsalDown(context)
  }
}

async function tour(options: ConfigOptions, context: Context, say: (text: string) => void): Promise<TryResult> {
  const heading = (text: string): void => say(`\n== ${text}`)
  heading('doctor: is everything here?')
  const health = await doctor({ ...options, cloud: 'aws' }, context)
  say(
    `Packer ${health.packer.version ?? 'not found'}; credentials: ${health.clouds[0]?.credentials.identity ?? 'none'}`,
  )
  if (!health.ready)
    throw new SindriError('prerequisite', health.packer.problem ?? health.clouds[0]?.credentials.problem ?? 'not ready')

  heading('validate: the config, then its template with Packer')
  const checked = await validate({ ...options, syntaxOnly: false, strict: false }, context)
  if (!checked.valid) throw new SindriError('failed', checked.errors.join('\n'))
  say(`valid for ${checked.cloud}, says Packer ${checked.packer}`)

  heading('build: Packer provisions an instance over SSH; Sindri copies the image and opens it')
  const built = await build(
    { ...options, force: false, strict: false, debug: false, varFiles: [], variables: {} },
    context,
  )
  for (const [region, id] of Object.entries(built.regions)) say(`${region}: ${id}, readers: ${built.readers[region]}`)

  heading('list')
  for (const image of await list(options, context)) say(`${image.id}  ${image.name}  ${image.state}`)

  heading('deploy: an instance of its own from the image, with a fresh key')
  const deployment = await deploy({ ...options, imageId: built.image_id, sshSourceRanges: [] }, context)
  say(deployment.ssh)

  heading('ssh: from inside the deployed instance')
  const inside: Record<string, string> = {}
  for (const command of commands) {
    inside[command] = await run(deployment, command)
    say(`$ ${command}\n${inside[command]}`)
  }

  heading('terminate and delete')
  await terminate({ ...options, reference: deployment.instance_id, confirm: async () => true }, context)
  await remove({ ...options, imageId: built.image_id, allRegions: true, confirm: async () => true }, context)
  const left = await leftovers(context)
  if (left.length > 0) throw new SindriError('failed', `the rehearsed cloud still holds ${left.join(', ')}`)
  say('nothing is left in the rehearsed cloud')

  heading('report')
  say(report(built))
  return {
    build: built,
    deployment: { instance_id: deployment.instance_id, public_ip: deployment.public_ip, ssh_user: deployment.ssh_user },
    inside,
    left,
  }
}

function report(built: BuildResult): string {
  return [
    `Image:   ${built.image_id} (${built.name})`,
    `Regions: ${Object.keys(built.regions).join(', ')}`,
    `Readers: ${Object.values(built.readers)[0] ?? 'private'}`,
    '',
    'Really done: the config was checked and rendered, HashiCorp Packer ran, a Linux instance was provisioned over SSH,',
    'its disk was captured, booted again as another instance, and logged into with a key from its metadata service.',
    'Rehearsed: EC2 and STS were a stand-in on this machine. Instances were isolated processes on a disk of their own',
    'with the kernel of this machine; encryption keys, accounts and regions were records and not AWS’s own.',
  ].join('\n')
}

/** Runs a command on the instance by the machine's own ssh, as its user would. */
async function run(deployment: Deployment, command: string): Promise<string> {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'BatchMode=yes',
    'ConnectTimeout=20',
  ]
  const address = deployment.public_ip ?? deployment.private_ip ?? ''
  const key = deployment.private_key_file === undefined ? [] : ['-i', deployment.private_key_file]
  try {
    const args = [...key, ...options.flatMap((option) => ['-o', option]), `${deployment.ssh_user}@${address}`, command]
    return (await promisify(execFile)('ssh', args, { timeout: 60_000 })).stdout.trim()
  } catch (cause) {
    throw new SindriError('failed', `'${command}' failed on ${deployment.instance_id}: ${messageOf(cause)}`, { cause })
  }
}

async function leftovers(context: Context): Promise<readonly string[]> {
  const { resources } = await rehearsalStatus(context)
  return Object.values(resources).flatMap((regions) =>
    Object.entries(regions).flatMap(([region, kinds]) =>
      Object.entries<readonly object[]>(kinds).flatMap(([kind, things]) =>
        things.length > 0 ? [`${things.length} ${kind} in ${region}`] : [],
      ),
    ),
  )
}
