import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cloud, CloudImage, Images } from '../clouds/cloud.ts'
import { cloud as cloudOf, connect, regionOf } from '../clouds/index.ts'
import { apply, unapply } from '../core/apply.ts'
import { SindriError } from '../core/error.ts'
import { plan } from '../core/plan.ts'
import { openSqliteStore } from '../core/sqlite-store.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import { recordsFolder } from './places.ts'
import { type KeyPair, makeKeyPair, untilSsh } from './ssh.ts'

export interface DeployOptions extends ConfigOptions {
  /** Otherwise the config's `image_id`. */
  readonly imageId?: string | undefined
  readonly instanceType?: string | undefined
  readonly subnetId?: string | undefined
  readonly securityGroupId?: string | undefined
  /** Empty: the config's, else only the public address of this machine. */
  readonly sshSourceRanges: readonly string[]
  /** A key pair of the cloud; otherwise a fresh one is made for this deployment. */
  readonly keyName?: string | undefined
  /** Otherwise what the image says of itself. */
  readonly sshUser?: string | undefined
  /** Told before anything is made. */
  readonly begin?: (what: { imageId: string; region: string; instanceType: string; cloud: string }) => void
}

/** What `deploy --json` prints. */
export interface Deployment {
  readonly cloud: string
  readonly deployment: string
  readonly instance_id: string
  readonly image_id: string
  readonly region: string
  readonly instance_type: string
  readonly public_ip: string | undefined
  readonly private_ip: string | undefined
  readonly ssh_user: string
  /** The private key, readable by its owner only; absent with a key of your own. */
  readonly private_key_file: string | undefined
  readonly ssh: string
}

const sshDeadlineMs = 10 * 60_000

/** Launches an instance and waits until SSH answers. What a failed deployment made is removed again. */
export async function deploy(options: DeployOptions, context: Context): Promise<Deployment> {
  const resolved = await configure(options, context)
  const cloud = cloudOf(resolved.cloud)
  const target = await connect(resolved, context.environment)
  const { deploy: defaults } = cloud.placement(resolved)
  const region = await regionOf(resolved, target)
  const instanceType = options.instanceType ?? defaults.instanceType
  const imageId = options.imageId ?? resolved.deploy.imageId
  if (imageId === undefined) {
    throw new SindriError('usage', 'no image is named', { hint: "give an image id; 'sindri vm list' shows them" })
  }
  const image = await imageOf(target.images, region, imageId, cloud)
  if (image.state !== 'available') {
    throw new SindriError('failed', `image ${image.id} is ${image.state}, not available`, {
      hint: 'wait until sindri vm list shows it Available',
    })
  }
  options.begin?.({ imageId: image.id, region, instanceType, cloud: cloud.title })
  const deployment = randomBytes(5).toString('hex')
  const keyName = options.keyName ?? defaults.keyName
  const keys = join(recordsFolder(context), 'keys')
  const pair = keyName === undefined ? await makeKeyPair(keys, deployment, cloud.keyType ?? 'ed25519') : undefined
  const securityGroupId = options.securityGroupId ?? defaults.securityGroupId
  const ranges = options.sshSourceRanges.length > 0 ? options.sshSourceRanges : defaults.sshSourceRanges
  const { steps, instance } = target.launch.steps({
    deployment,
    image: { ...image, ...(options.sshUser !== undefined && { sshUser: options.sshUser }) },
    instanceType,
    key: pair === undefined ? { name: keyName ?? '' } : { publicKey: pair.publicKey },
    sshSourceRanges: ranges.length > 0 || securityGroupId !== undefined ? ranges : [await target.callerRange()],
    subnetId: options.subnetId ?? defaults.subnetId,
    securityGroupId,
  })
  const store = openSqliteStore(join(recordsFolder(context), 'deployments', `${deployment}.db`))
  const work = { release: deployment, plan: plan(steps), store, clock: context.clock, emit: context.emit }
  try {
    const launched = (await apply({ ...work, signal: context.signal })).got(instance)
    const address = launched.publicAddress ?? launched.privateAddress
    if (address === undefined) throw new SindriError('failed', `instance ${launched.instanceId} has no address`)
    context.emit({ type: 'note', message: `waiting for SSH at ${address}` })
    await untilSsh(address, { deadlineMs: sshDeadlineMs, clock: context.clock, signal: context.signal })
    const user = options.sshUser ?? image.sshUser ?? 'ubuntu'
    return {
      cloud: resolved.cloud,
      deployment,
      instance_id: launched.instanceId,
      image_id: image.id,
      region,
      instance_type: instanceType,
      public_ip: launched.publicAddress,
      private_ip: launched.privateAddress,
      ssh_user: user,
      private_key_file: pair?.privateKeyFile,
      ssh: `ssh ${pair === undefined ? '' : `-i ${pair.privateKeyFile} `}${user}@${address}`,
    }
  } catch (error) {
    await unapply({ ...work, signal: new AbortController().signal })
    await removeKey(pair)
    throw error
  } finally {
    store.close()
  }
}

/** Removes the private key of a deployment from this machine. */
export async function removeKey(pair: Pick<KeyPair, 'privateKeyFile'> | undefined): Promise<void> {
  if (pair === undefined) return
  await rm(pair.privateKeyFile, { force: true })
  await rm(`${pair.privateKeyFile}.pub`, { force: true })
}

/** An image by id, or the newest of `family/<name>`. */
function imageOf(images: Images, region: string, id: string, { title }: Pick<Cloud, 'title'>): Promise<CloudImage> {
  const family = /(?:^|\/global\/images\/)family\/([^/]+)$/.exec(id)?.[1]
  if (family === undefined) return images.get(region, id)
  if (images.newest !== undefined) return images.newest(region, family)
  throw new SindriError('unsupported', `${title} has no families of images`, { hint: 'give the id of an image' })
}
