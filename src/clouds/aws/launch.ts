import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Launch, Launched, LaunchRequest } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { deploymentTags, tag } from '../tags.ts'
import type { AwsApi } from './port.ts'
import { untilTerminated } from './terminated.ts'

/** Instances from AMIs: a key pair, a security group and the instance, all found by the deployment's tag. */
export function awsLaunch(api: AwsApi): Launch {
  return {
    steps(request) {
      const key = 'publicKey' in request.key ? keyStep(api, request, request.key.publicKey) : undefined
      const group = request.securityGroupId === undefined ? groupStep(api, request) : undefined
      const instance = instanceStep(api, request, key, group)
      return { steps: [key, group, instance].filter((one) => one !== undefined), instance }
    },

    async find(region, reference) {
      const byId = /^i-[0-9a-f]+$/.test(reference)
      const deployment = byId ? (await api.instances(region, { ids: [reference] }))[0]?.tags[tag.deployment] : reference
      if (deployment === undefined) return undefined
      const tags = { [tag.deployment]: deployment }
      const [instances, groups, keys] = await Promise.all([
        api.instances(region, { tags }),
        api.securityGroups(region, { tags }),
        api.keyPairs(region, tags),
      ])
      const resources = [
        ...instances.filter((one) => one.state !== 'terminated').map((one) => `instance ${one.id}`),
        ...groups.map((one) => `security group ${one.id}`),
        ...keys.map((one) => `key pair ${one.name}`),
      ]
      return resources.length === 0 ? undefined : { deployment, resources }
    },

    async terminate(region, deployment, signal) {
      const tags = { [tag.deployment]: deployment }
      const alive = (await api.instances(region, { tags }))
        .filter((one) => one.state !== 'terminated')
        .map((one) => one.id)
      if (alive.length > 0) {
        await api.terminateInstances(region, alive)
        await untilTerminated(api, region, alive, signal)
      }
      for (const group of await api.securityGroups(region, { tags }))
        await unlessGone(api.deleteSecurityGroup(region, group.id))
      for (const key of await api.keyPairs(region, tags)) await unlessGone(api.deleteKeyPair(region, key.name))
    },
  }
}

function keyStep(api: AwsApi, { deployment, image: { region } }: LaunchRequest, publicKey: string): Step<string> {
  const name = `sindri-${deployment}`
  const tags = deploymentTags(deployment)
  return step<string, null>('key-pair', {
    title: `key pair ${name}`,
    digest: digest({ name, publicKey }),
    async find() {
      const [found] = await api.keyPairs(region, { [tag.deployment]: deployment })
      return found && { digest: digest({ name, publicKey }), out: found.name }
    },
    async start() {
      await api.importKeyPair(region, { name, publicKey, tags })
      return null
    },
    poll: async () => ({ done: name }),
    undo: (made) => unlessGone(api.deleteKeyPair(region, made)),
  })
}

function groupStep(api: AwsApi, request: LaunchRequest): Step<string> {
  const { deployment, sshSourceRanges, subnetId } = request
  const { region } = request.image
  const name = `sindri-${deployment}`
  const inputs = digest({ name, sshSourceRanges, subnetId })
  return step<string, { readonly id: string }>('security-group', {
    title: `security group ${name}`,
    digest: inputs,
    async find() {
      const [found] = await api.securityGroups(region, { tags: { [tag.deployment]: deployment } })
      if (found === undefined) return undefined
      if (found.ranges.length === 0) await api.allowSsh(region, found.id, sshSourceRanges)
      return { digest: inputs, out: found.id }
    },
    async start() {
      const vpcId = subnetId === undefined ? undefined : await api.subnetVpc(region, subnetId)
      const id = await api.createSecurityGroup(region, { name, vpcId, tags: deploymentTags(deployment) })
      await api.allowSsh(region, id, sshSourceRanges)
      return { id }
    },
    poll: async ({ id }) => ({ done: id }),
    undo: (id) => unlessGone(api.deleteSecurityGroup(region, id)),
  })
}

function instanceStep(
  api: AwsApi,
  request: LaunchRequest,
  key: Step<string> | undefined,
  group: Step<string> | undefined,
): Step<Launched> {
  const { deployment, image, instanceType, subnetId, securityGroupId } = request
  const { region } = image
  const inputs = digest({ image: image.id, instanceType, subnetId, securityGroupId })
  return step<Launched, { readonly id: string }>('instance', {
    title: `instance from ${image.id}`,
    after: [key, group].filter((one) => one !== undefined),
    digest: inputs,
    deadlineMs: 10 * 60_000,
    pollEveryMs: 1_000,
    async find() {
      const found = (await api.instances(region, { tags: { [tag.deployment]: deployment } })).find(
        (one) => one.state === 'running',
      )
      return (
        found && {
          digest: inputs,
          out: { instanceId: found.id, publicAddress: found.publicAddress, privateAddress: found.privateAddress },
        }
      )
    },
    async start(got, token) {
      const id = await api.runInstance(region, {
        imageId: image.id,
        instanceType,
        keyName: key === undefined ? nameOf(request) : got(key),
        securityGroupIds: [securityGroupId ?? (group === undefined ? '' : got(group))],
        subnetId,
        token,
        tags: deploymentTags(deployment),
      })
      return { id }
    },
    async poll({ id }) {
      const [found] = await api.instances(region, { ids: [id] })
      if (found?.state === 'running') {
        return { done: { instanceId: id, publicAddress: found.publicAddress, privateAddress: found.privateAddress } }
      }
      if (found?.state === 'terminated' || found?.state === 'shutting-down')
        return { failed: `instance ${id} ended: ${found.reason || found.state}` }
      return { busy: found?.state ?? 'not visible yet' }
    },
    async undo({ instanceId }) {
      await unlessGone(api.terminateInstances(region, [instanceId]))
      await untilTerminated(api, region, [instanceId])
    },
    async sweep({ id }) {
      await unlessGone(api.terminateInstances(region, [id]))
      await untilTerminated(api, region, [id])
    },
  })
}

function nameOf(request: LaunchRequest): string {
  return 'name' in request.key ? request.key.name : ''
}
