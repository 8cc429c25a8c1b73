import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Launch, Launched, LaunchRequest } from '../cloud.ts'
import { isGone } from '../gone.ts'
import { deploymentName, deploymentTags, tag } from '../tags.ts'
import type { OciApi, OciInstance, OciSecurityGroup } from './port.ts'
import type { OciImageSettings } from './settings.ts'
import { isOver, untilTerminated } from './terminated.ts'

/** What instances are launched with besides what the request says. */
export interface LaunchHome {
  readonly settings: Pick<OciImageSettings, 'nsgIds' | 'usePrivateIp' | 'shapeConfig' | 'legacyImdsDisabled'>
  /** @throws SindriError `config` when none is named */
  availabilityDomain(): string
  /** The config's subnet. @throws SindriError `config` when none is named */
  subnet(): string
}

/**
 * Instances from images: a network security group, which lets SSH in, and the instance with its boot volume and its
 * network interface, all found by the deployment's tag. Platform images take ed25519 keys:
 * https://docs.oracle.com/iaas/Content/Compute/Tasks/managingkeypairs.htm (2026-11).
 */
export function ociLaunch(api: OciApi, home: LaunchHome): Launch {
  return {
    steps(request) {
      const ownGroup = request.securityGroupId === undefined && request.sshSourceRanges.length > 0
      const group = ownGroup ? groupStep(api, home, request) : undefined
      const instance = instanceStep(api, home, request, group)
      return { steps: [group, instance].filter((one) => one !== undefined), instance }
    },

    async find(region, reference) {
      const byId = reference.startsWith('ocid1.instance.')
      const deployment = byId ? await deploymentOf(api, region, reference) : reference.replace(/^sindri-/, '')
      if (deployment === undefined) return undefined
      const { instances, groups } = await partsOf(api, region, deployment)
      const resources = [
        ...instances.map(({ id }) => `instance ${id}`),
        // An instance has exactly one, which goes with it.
        ...instances.map(({ id }) => `boot volume of ${id}`),
        ...groups.map(({ id }) => `network security group ${id}`),
      ]
      return resources.length === 0 ? undefined : { deployment, resources }
    },

    async terminate(region, deployment, signal) {
      const { instances, groups } = await partsOf(api, region, deployment)
      for (const { id } of instances) {
        signal.throwIfAborted()
        await api.terminateInstance(region, id)
      }
      const ids = instances.map(({ id }) => id)
      await untilTerminated(api, region, ids, signal)
      for (const { id } of groups) await api.deleteSecurityGroup(region, id)
    },
  }
}

async function deploymentOf(api: OciApi, region: string, id: string): Promise<string | undefined> {
  try {
    return (await api.instance(region, id)).tags[tag.deployment]
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

async function partsOf(
  api: OciApi,
  region: string,
  deployment: string,
): Promise<{ readonly instances: readonly OciInstance[]; readonly groups: readonly OciSecurityGroup[] }> {
  const [instances, groups] = await Promise.all([api.instances(region), api.securityGroups(region)])
  return {
    instances: instances.filter((one) => one.tags[tag.deployment] === deployment && !isOver(one)),
    groups: groups.filter((one) => one.tags[tag.deployment] === deployment),
  }
}

function groupStep(api: OciApi, home: LaunchHome, request: LaunchRequest): Step<string> {
  const { deployment, sshSourceRanges, image } = request
  const { region } = image
  const subnetId = request.subnetId ?? home.subnet()
  const name = deploymentName(deployment)
  const inputs = digest({ name, sshSourceRanges, subnetId })
  /** Rules carry no token: those that are there already are left alone. */
  const open = async (id: string): Promise<void> => {
    const there = new Set(await api.sshRanges(region, id))
    const lacking = sshSourceRanges.filter((range) => !there.has(range))
    if (lacking.length > 0) await api.allowSsh(region, id, lacking)
  }
  return step<string, { readonly id: string }>('security-group', {
    title: `network security group ${name}`,
    digest: inputs,
    async find() {
      const [found] = (await partsOf(api, region, deployment)).groups
      if (found === undefined) return undefined
      await open(found.id)
      return { digest: inputs, out: found.id }
    },
    async start(_got, token) {
      const vcnId = await api.subnetVcn(region, subnetId)
      const id = await api.createSecurityGroup(region, { name, vcnId, tags: deploymentTags(deployment), token })
      await open(id)
      return { id }
    },
    poll: async ({ id }) => ({ done: id }),
    undo: (id) => api.deleteSecurityGroup(region, id),
    sweep: ({ id }) => api.deleteSecurityGroup(region, id),
  })
}

/** Of a flexible shape that the config does not size, as the config's own default. */
const defaultSize = { ocpus: 2, memoryInGbs: 16 } as const

function instanceStep(
  api: OciApi,
  home: LaunchHome,
  request: LaunchRequest,
  group: Step<string> | undefined,
): Step<Launched> {
  const { deployment, image, instanceType, securityGroupId } = request
  const { region } = image
  const { settings } = home
  const subnetId = request.subnetId ?? home.subnet()
  const inputs = digest({ image: image.id, instanceType, subnetId, securityGroupId })
  const launched = async (instanceId: string): Promise<Launched | undefined> => {
    const found = await api.addresses(region, instanceId)
    return found && { instanceId, ...found }
  }
  const remove = async (id: string): Promise<void> => {
    await api.terminateInstance(region, id)
    await untilTerminated(api, region, [id])
  }
  return step<Launched, { readonly id: string }>('instance', {
    title: `instance from ${image.id}`,
    after: group === undefined ? [] : [group],
    digest: inputs,
    deadlineMs: 10 * 60_000,
    pollEveryMs: 1_000,
    async find() {
      const running = (await partsOf(api, region, deployment)).instances.find(({ state }) => state === 'RUNNING')
      const out = running && (await launched(running.id))
      return out && { digest: inputs, out }
    },
    async start(got, token) {
      const id = await api.launchInstance(region, {
        name: deploymentName(deployment),
        availabilityDomain: home.availabilityDomain(),
        imageId: image.id,
        shape: instanceType,
        size: instanceType.endsWith('.Flex') ? (settings.shapeConfig ?? defaultSize) : undefined,
        publicKey: publicKeyOf(request),
        subnetId,
        securityGroupIds:
          securityGroupId === undefined
            ? [...(group === undefined ? [] : [got(group)]), ...settings.nsgIds]
            : [securityGroupId],
        publicAddress: !settings.usePrivateIp,
        legacyImdsDisabled: settings.legacyImdsDisabled,
        tags: deploymentTags(deployment),
        token,
      })
      return { id }
    },
    async poll({ id }) {
      const { state } = await api.instance(region, id)
      if (state === 'TERMINATING' || state === 'TERMINATED')
        return { failed: `instance ${id} ended: ${state.toLowerCase()}` }
      const done = state === 'RUNNING' ? await launched(id) : undefined
      return done === undefined ? { busy: state.toLowerCase() } : { done }
    },
    undo: ({ instanceId }) => remove(instanceId),
    sweep: ({ id }) => remove(id),
  })
}

function publicKeyOf({ key }: LaunchRequest): string {
  if ('publicKey' in key) return key.publicKey
  throw new SindriError('unsupported', `Oracle Cloud keeps no key pairs by name, and ${key.name} was asked for`, {
    hint: 'leave --key-name out: a fresh key is made for the deployment',
  })
}
