import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Launch, Launched, LaunchRequest } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { deploymentName, deploymentTags, tag } from '../tags.ts'
import { object, textOf } from './answers.ts'
import {
  type MachineSettings,
  network,
  networkInterface,
  publicAddress,
  securityGroup,
  virtualMachine,
} from './machine.ts'
import type { AzureApi, AzureGroup } from './port.ts'
import { groupOf } from './resource-id.ts'

/** The account instances get; images have none. It is the one that Azure's own command line makes. */
export const defaultUser = 'azureuser'

/** What instances are launched with besides what the request says. */
export interface LaunchHome {
  /** Where keys of the user's own are looked for. */
  readonly group: string
  readonly settings: MachineSettings
}

/**
 * Instances from images, each in a resource group of its own, which holds its network, address and disk too and is removed
 * as a whole: whatever a crash left half made goes with it.
 */
export function azureLaunch(api: AzureApi, home: LaunchHome): Launch {
  return {
    steps(request) {
      const group = groupStep(api, request)
      const wires = networkStep(api, request, group)
      const instance = instanceStep(api, home, request, wires)
      return { steps: [group, wires, instance], instance }
    },

    async find(_region, reference) {
      const group = await deploymentGroup(api, groupOf(reference) ?? deploymentName(reference.replace(/^sindri-/, '')))
      const deployment = group?.tags[tag.deployment]
      if (group === undefined || deployment === undefined) return undefined
      const things = await api.resources(group.name)
      // The group comes last, as it goes last.
      const resources = things.map(({ type, name }) => `${type.replace(/.*\//, '')} ${name}`).sort()
      return { deployment, resources: [...resources, `resource group ${group.name}`] }
    },

    async terminate(_region, deployment) {
      const group = await deploymentGroup(api, deploymentName(deployment))
      if (group?.tags[tag.deployment] === deployment) await unlessGone(api.deleteGroup(group.name))
    },
  }
}

function deploymentGroup(api: AzureApi, name: string): Promise<AzureGroup | undefined> {
  return unlessGone(api.group(name))
}

function groupStep(api: AzureApi, { deployment, image }: LaunchRequest): Step<string> {
  const name = deploymentName(deployment)
  const inputs = digest({ name, location: image.region })
  return step<string, null>('group', {
    title: `resource group ${name}`,
    digest: inputs,
    async find() {
      const found = await deploymentGroup(api, name)
      if (found === undefined) return undefined
      if (found.tags[tag.deployment] === deployment) return { digest: inputs, out: name }
      throw new SindriError('conflict', `the resource group ${name} is there already, and is no deployment`)
    },
    async start() {
      await api.putGroup({ name, location: image.region, tags: deploymentTags(deployment) })
      return null
    },
    poll: async () => ({ done: name }),
    undo: (made) => unlessGone(api.deleteGroup(made)),
  })
}

/** All that the instance's only network interface needs; its id is what the step makes. */
function networkStep(api: AzureApi, request: LaunchRequest, group: Step<string>): Step<string> {
  const { deployment, image, sshSourceRanges, subnetId, securityGroupId } = request
  const name = deploymentName(deployment)
  const own = idsOf(api, name)
  const placed = { location: image.region, tags: deploymentTags(deployment) }
  const inputs = digest({ name, location: image.region, sshSourceRanges, subnetId, securityGroupId })
  const wires = [
    ...(securityGroupId === undefined ? [own.securityGroup] : []),
    ...(subnetId === undefined ? [own.network] : []),
    own.address,
  ]
  return step<string, null>('network', {
    title: `network interface ${name}`,
    after: [group],
    digest: inputs,
    deadlineMs: 5 * 60_000,
    pollEveryMs: 1_000,
    async find() {
      const found = await unlessGone(api.get(own.networkInterface))
      return found?.state === 'Succeeded' ? { digest: inputs, out: own.networkInterface } : undefined
    },
    async start() {
      await Promise.all([
        ...(securityGroupId === undefined
          ? [api.put('Microsoft.Network/networkSecurityGroups', name, name, securityGroup(placed, sshSourceRanges))]
          : []),
        ...(subnetId === undefined ? [api.put('Microsoft.Network/virtualNetworks', name, name, network(placed))] : []),
        api.put('Microsoft.Network/publicIPAddresses', name, name, publicAddress(placed)),
      ])
      return null
    },
    async poll() {
      const states = await Promise.all(wires.map(async (id) => (await api.get(id)).state))
      const failed = wires.find((_, index) => states[index] === 'Failed')
      if (failed !== undefined) return { failed: `${failed} was not made` }
      if (states.some((state) => state !== 'Succeeded')) return { busy: 'network' }
      const found = await unlessGone(api.get(own.networkInterface))
      if (found?.state === 'Succeeded') return { done: own.networkInterface }
      if (found?.state === 'Failed') return { failed: `${own.networkInterface} was not made` }
      const ids = {
        securityGroup: securityGroupId ?? own.securityGroup,
        subnet: subnetId ?? `${own.network}/subnets/default`,
        address: own.address,
      }
      if (found === undefined)
        await api.put('Microsoft.Network/networkInterfaces', name, name, networkInterface(placed, ids))
      return { busy: 'network interface' }
    },
  })
}

function instanceStep(api: AzureApi, home: LaunchHome, request: LaunchRequest, wires: Step<string>): Step<Launched> {
  const { deployment, image, instanceType, subnetId, securityGroupId } = request
  const name = deploymentName(deployment)
  const own = idsOf(api, name)
  const inputs = digest({ image: image.id, instanceType, subnetId, securityGroupId })

  async function launched(): Promise<Launched> {
    const [address, card] = await Promise.all([api.get(own.address), api.get(own.networkInterface)])
    const [configuration] = Array.isArray(card.properties.ipConfigurations) ? card.properties.ipConfigurations : []
    return {
      instanceId: own.instance,
      publicAddress: textOf(address.properties, 'ipAddress'),
      privateAddress: textOf(object(object(configuration).properties), 'privateIPAddress'),
    }
  }

  const remove = async (): Promise<void> => {
    await unlessGone(api.delete(own.instance))
  }
  return step<Launched, null>('instance', {
    title: `instance from ${image.name}`,
    after: [wires],
    digest: inputs,
    deadlineMs: 15 * 60_000,
    pollEveryMs: 2_000,
    async find() {
      const found = await unlessGone(api.get(own.instance))
      return found?.state === 'Succeeded' ? { digest: inputs, out: await launched() } : undefined
    },
    async start(got) {
      const body = virtualMachine(
        { location: image.region, tags: deploymentTags(deployment) },
        {
          name,
          size: instanceType,
          image: image.id,
          user: image.sshUser ?? defaultUser,
          publicKey: await publicKeyOf(api, home, request),
          networkInterface: got(wires),
          settings: home.settings,
        },
      )
      await api.put('Microsoft.Compute/virtualMachines', name, name, body)
      return null
    },
    async poll() {
      const found = await unlessGone(api.get(own.instance))
      if (found === undefined) return { failed: `${own.instance} is gone` }
      if (found.state === 'Failed') return { failed: `${own.instance} was not made` }
      return found.state === 'Succeeded' ? { done: await launched() } : { busy: found.state.toLowerCase() }
    },
    undo: remove,
    sweep: remove,
  })
}

/**
 * Azure takes RSA and ed25519: https://learn.microsoft.com/rest/api/compute/ssh-public-keys/generate-key-pair (2026-11,
 * `encryptionType`).
 */
async function publicKeyOf(api: AzureApi, { group }: LaunchHome, { key }: LaunchRequest): Promise<string> {
  return 'publicKey' in key ? key.publicKey : api.publicKey(group, key.name)
}

function idsOf(api: AzureApi, name: string) {
  const providers = `/subscriptions/${api.subscription}/resourceGroups/${name}/providers`
  return {
    instance: `${providers}/Microsoft.Compute/virtualMachines/${name}`,
    address: `${providers}/Microsoft.Network/publicIPAddresses/${name}`,
    network: `${providers}/Microsoft.Network/virtualNetworks/${name}`,
    networkInterface: `${providers}/Microsoft.Network/networkInterfaces/${name}`,
    securityGroup: `${providers}/Microsoft.Network/networkSecurityGroups/${name}`,
  }
}
