import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Launch, Launched, LaunchRequest } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { deploymentName, deploymentTags, tag } from '../tags.ts'
import { unlessThere } from './errors.ts'
import type { AlibabaApi, AlibabaInstance, VSwitch } from './port.ts'
import { untilReleased } from './released.ts'
import type { AlibabaImageSettings } from './settings.ts'

/** What instances are launched with besides what the request says. */
export type LaunchSettings = Pick<
  AlibabaImageSettings,
  'zoneId' | 'associatePublicIpAddress' | 'internetChargeType' | 'internetMaxBandwidthOut'
>

/** Mbit/s of the public address, where the config does not say; what the builder gives its instance. */
const bandwidth = 5

/**
 * Instances from images: a key pair, a security group and the instance, all found by the deployment's tag. The public
 * address is the instance's own and goes with it, as its disk does.
 */
export function alibabaLaunch(api: AlibabaApi, settings: LaunchSettings): Launch {
  return {
    steps(request) {
      const key = 'publicKey' in request.key ? keyStep(api, request, request.key.publicKey) : undefined
      const group = request.securityGroupId === undefined ? groupStep(api, settings, request) : undefined
      const instance = instanceStep(api, settings, request, key, group)
      return { steps: [key, group, instance].filter((one) => one !== undefined), instance }
    },

    async find(region, reference) {
      const byId = reference.startsWith('i-')
      const deployment = byId ? (await api.instances(region, { ids: [reference] }))[0]?.tags[tag.deployment] : reference
      if (deployment === undefined) return undefined
      const { instances, disks, groups, keys } = await partsOf(api, region, deployment)
      const resources = [
        ...instances.map((id) => `instance ${id}`),
        ...disks.map((id) => `disk ${id}`),
        ...groups.map((id) => `security group ${id}`),
        ...keys.map((name) => `key pair ${name}`),
      ]
      return resources.length === 0 ? undefined : { deployment, resources }
    },

    async terminate(region, deployment, signal) {
      const { instances, groups, keys } = await partsOf(api, region, deployment)
      for (const id of instances) await unlessGone(api.deleteInstance(region, id))
      await untilReleased(api, region, instances, signal)
      // Of an instance that is deleted its disk is deleted too.
      for (const id of await api.disks(region, { [tag.deployment]: deployment }))
        await unlessGone(api.deleteDisk(region, id))
      for (const id of groups) await unlessGone(api.deleteSecurityGroup(region, id))
      for (const name of keys) await unlessGone(api.deleteKeyPair(region, name))
    },
  }
}

async function partsOf(
  api: AlibabaApi,
  region: string,
  deployment: string,
): Promise<Readonly<Record<'instances' | 'disks' | 'groups' | 'keys', readonly string[]>>> {
  const tags = { [tag.deployment]: deployment }
  const [instances, disks, groups, keys] = await Promise.all([
    api.instances(region, { tags }),
    api.disks(region, tags),
    api.securityGroups(region, { tags }),
    api.keyPairs(region, { tags }),
  ])
  return { instances: instances.map(({ id }) => id), disks, groups: groups.map(({ id }) => id), keys }
}

function keyStep(api: AlibabaApi, { deployment, image: { region } }: LaunchRequest, publicKey: string): Step<string> {
  const name = deploymentName(deployment)
  const inputs = digest({ name, publicKey })
  return step<string, null>('key-pair', {
    title: `key pair ${name}`,
    digest: inputs,
    async find() {
      const [found] = await api.keyPairs(region, { tags: { [tag.deployment]: deployment } })
      return found === undefined ? undefined : { digest: inputs, out: found }
    },
    async start() {
      await unlessThere(api.importKeyPair(region, { name, publicKey, tags: deploymentTags(deployment) }))
      return null
    },
    poll: async () => ({ done: name }),
    undo: (made) => unlessGone(api.deleteKeyPair(region, made)),
  })
}

function groupStep(api: AlibabaApi, settings: LaunchSettings, request: LaunchRequest): Step<string> {
  const { deployment, sshSourceRanges, subnetId } = request
  const { region } = request.image
  const name = deploymentName(deployment)
  const inputs = digest({ name, sshSourceRanges, subnetId })
  return step<string, { readonly id: string }>('security-group', {
    title: `security group ${name}`,
    digest: inputs,
    async find() {
      const [found] = await api.securityGroups(region, { tags: { [tag.deployment]: deployment } })
      if (found === undefined) return undefined
      // Of a run that ended between the group and its rules; rules that are there already stay as they are.
      if (sshSourceRanges.length > 0) await api.allowSsh(region, found.id, sshSourceRanges)
      return { digest: inputs, out: found.id }
    },
    async start(_got, token) {
      const { vpcId } = await vswitchOf(api, settings, region, subnetId)
      const id = await api.createSecurityGroup(region, { name, vpcId, tags: deploymentTags(deployment), token })
      if (sshSourceRanges.length > 0) await api.allowSsh(region, id, sshSourceRanges)
      return { id }
    },
    poll: async ({ id }) => ({ done: id }),
    undo: (id) => unlessGone(api.deleteSecurityGroup(region, id)),
  })
}

/** The VSwitch that was asked for, else the region's default one. */
async function vswitchOf(
  api: AlibabaApi,
  settings: LaunchSettings,
  region: string,
  subnetId: string | undefined,
): Promise<VSwitch> {
  const found = await api.vswitches(region, subnetId === undefined ? { isDefault: true } : { ids: [subnetId] })
  const { zoneId } = settings
  const vswitch = found.find(({ zone }) => subnetId !== undefined || zoneId === undefined || zone === zoneId)
  if (vswitch !== undefined) return vswitch
  const hint = 'name a VSwitch with --subnet, or write alibaba.vpc_id and alibaba.vswitch_id in sindri.yaml'
  if (subnetId !== undefined)
    throw new SindriError('not-found', `there is no VSwitch ${subnetId} in ${region}`, { hint })
  const where = zoneId === undefined ? region : zoneId
  throw new SindriError('not-found', `there is no default VSwitch in ${where}, and none is named`, { hint })
}

function instanceStep(
  api: AlibabaApi,
  settings: LaunchSettings,
  request: LaunchRequest,
  key: Step<string> | undefined,
  group: Step<string> | undefined,
): Step<Launched> {
  const { deployment, image, instanceType, subnetId, securityGroupId } = request
  const { region } = image
  const inputs = digest({ image: image.id, instanceType, subnetId, securityGroupId })
  const launched = ({ id, publicAddress, privateAddress }: AlibabaInstance): Launched => {
    return { instanceId: id, publicAddress, privateAddress }
  }
  const remove = async (id: string): Promise<void> => {
    await unlessGone(api.deleteInstance(region, id))
    await untilReleased(api, region, [id])
  }
  return step<Launched, { readonly id: string }>('instance', {
    title: `instance from ${image.id}`,
    after: [key, group].filter((one) => one !== undefined),
    digest: inputs,
    deadlineMs: 10 * 60_000,
    pollEveryMs: 1_000,
    async find() {
      const instances = await api.instances(region, { tags: { [tag.deployment]: deployment } })
      const found = instances.find(({ status }) => status === 'Running')
      return found && { digest: inputs, out: launched(found) }
    },
    async start(got, token) {
      const vswitch = await vswitchOf(api, settings, region, subnetId)
      const id = await api.runInstance(region, {
        name: deploymentName(deployment),
        imageId: image.id,
        instanceType,
        keyName: key === undefined ? nameOf(request) : got(key),
        securityGroupId: securityGroupId ?? (group === undefined ? '' : got(group)),
        vswitchId: vswitch.id,
        bandwidth: settings.associatePublicIpAddress ? (settings.internetMaxBandwidthOut ?? bandwidth) : 0,
        chargeType: settings.internetChargeType,
        tags: deploymentTags(deployment),
        token,
      })
      return { id }
    },
    async poll({ id }) {
      const [found] = await api.instances(region, { ids: [id] })
      if (found?.status === 'Running') return { done: launched(found) }
      return { busy: found?.status.toLowerCase() ?? 'not visible yet' }
    },
    undo: ({ instanceId }) => remove(instanceId),
    sweep: ({ id }) => remove(id),
  })
}

function nameOf(request: LaunchRequest): string {
  return 'name' in request.key ? request.key.name : ''
}
