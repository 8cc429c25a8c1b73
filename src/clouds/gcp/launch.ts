import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Launch, Launched, LaunchRequest } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { deploymentLabels, deploymentName, label } from './labels.ts'
import type { Network } from './network.ts'
import type { GcpApi, GcpInstance } from './port.ts'
import type { GcpImageSettings } from './settings.ts'

/** What instances are launched with besides what the request says. */
export interface LaunchHome {
  /** The project images are made in. */
  readonly imageProject: string
  readonly network: Network
  readonly settings: Pick<
    GcpImageSettings,
    'omitExternalIp' | 'enableSecureBoot' | 'enableVtpm' | 'enableIntegrityMonitoring'
  >
}

/**
 * Instances from images: a firewall rule for each family of addresses, which has no labels and is found by its name, and
 * the instance with its disk, found by the deployment's label. The instance has no service account.
 */
export function gcpLaunch(api: GcpApi, home: LaunchHome): Launch {
  return {
    steps(request) {
      // A security group of the request is a network tag that rules of the user's own know.
      const names: readonly Rule[] = request.securityGroupId === undefined ? ['firewall', 'firewall-ipv6'] : []
      const rules = names.map((rule) => ruleStep(api, home, request, rule)).filter((one) => one !== undefined)
      const instance = instanceStep(api, home, request, rules)
      return { steps: [...rules, instance], instance }
    },

    async find(zone, reference) {
      const deployment = reference.replace(/^sindri-/, '')
      const { instances, disks, rules } = await partsOf(api, zone, deployment)
      const resources = [
        ...instances.map((one) => `instance ${one.name}`),
        ...disks.map((one) => `disk ${one.name}`),
        ...rules.map((one) => `firewall rule ${one.name}`),
      ]
      return resources.length === 0 ? undefined : { deployment, resources }
    },

    async terminate(zone, deployment, signal) {
      const { instances } = await partsOf(api, zone, deployment)
      for (const one of instances) {
        signal.throwIfAborted()
        await unlessGone(api.deleteInstance(zone, one.name))
      }
      // Of an instance that is deleted its disk is deleted too.
      const { disks, rules } = await partsOf(api, zone, deployment)
      for (const one of disks) await unlessGone(api.deleteDisk(zone, one.name))
      for (const one of rules) await unlessGone(api.deleteFirewall(one.name))
    },
  }
}

type Rule = 'firewall' | 'firewall-ipv6'

function ruleName(deployment: string, rule: Rule): string {
  return rule === 'firewall' ? deploymentName(deployment) : `${deploymentName(deployment)}-ipv6`
}

async function partsOf(
  api: GcpApi,
  zone: string,
  deployment: string,
): Promise<Readonly<Record<'instances' | 'disks' | 'rules', readonly { readonly name: string }[]>>> {
  const labels = { [label.deployment]: deployment }
  const [instances, disks, rules, rulesV6] = await Promise.all([
    api.instances(zone, { labels }),
    api.disks(zone, { labels }),
    api.firewalls(ruleName(deployment, 'firewall')),
    api.firewalls(ruleName(deployment, 'firewall-ipv6')),
  ])
  return { instances, disks, rules: [...rules, ...rulesV6] }
}

/** A rule has ranges of one family only; without a range there is no rule. */
function ruleStep(api: GcpApi, home: LaunchHome, request: LaunchRequest, rule: Rule): Step<string> | undefined {
  const { deployment, subnetId, sshSourceRanges } = request
  const name = ruleName(deployment, rule)
  const sourceRanges = sshSourceRanges.filter((range) => range.includes(':') === (rule === 'firewall-ipv6'))
  const inputs = digest({ name, sourceRanges, subnetId })
  if (sourceRanges.length === 0) return undefined
  return step<string, null>(rule, {
    title: `firewall rule ${name}`,
    digest: inputs,
    async find() {
      const [found] = await api.firewalls(name)
      return found && { digest: inputs, out: found.name }
    },
    async start(_got, token) {
      const network = await home.network.url(subnetId)
      await api.insertFirewall({ name, network, sourceRanges, networkTag: deploymentName(deployment), token })
      return null
    },
    poll: async () => ({ done: name }),
    undo: (made) => unlessGone(api.deleteFirewall(made)),
  })
}

function instanceStep(
  api: GcpApi,
  home: LaunchHome,
  request: LaunchRequest,
  rules: readonly Step<string>[],
): Step<Launched> {
  const { deployment, image, instanceType, subnetId, securityGroupId } = request
  const zone = image.region
  const name = deploymentName(deployment)
  const inputs = digest({ image: image.id, instanceType, subnetId, securityGroupId })
  const launched = (found: GcpInstance): Launched => ({
    instanceId: found.name,
    publicAddress: found.publicAddress,
    privateAddress: found.privateAddress,
  })
  const remove = (): Promise<void> => unlessGone(api.deleteInstance(zone, name))
  return step<Launched, { readonly operation: string }>('instance', {
    title: `instance from ${image.id}`,
    after: rules,
    digest: inputs,
    deadlineMs: 10 * 60_000,
    pollEveryMs: 1_000,
    async find() {
      const found = (await api.instances(zone, { labels: { [label.deployment]: deployment } })).find(
        (one) => one.status === 'RUNNING',
      )
      return found && { digest: inputs, out: launched(found) }
    },
    async start(_got, token) {
      const { settings, network } = home
      const operation = await api.insertInstance(zone, {
        name,
        image: `projects/${home.imageProject}/global/images/${image.id}`,
        machineType: instanceType,
        sshKey: sshKeyOf(request),
        network: await network.url(subnetId),
        subnetwork: network.subnetwork(subnetId),
        networkTags: [securityGroupId ?? name],
        externalAddress: !settings.omitExternalIp,
        shielded: {
          secureBoot: settings.enableSecureBoot,
          vtpm: settings.enableVtpm,
          integrityMonitoring: settings.enableIntegrityMonitoring,
        },
        labels: deploymentLabels(deployment),
        token,
      })
      return { operation }
    },
    async poll({ operation }) {
      const { done, problem } = await api.operation(zone, operation)
      if (problem !== undefined) return { failed: `instance ${name} was not made: ${problem}` }
      const [found] = await api.instances(zone, { name })
      if (found?.status === 'RUNNING') return { done: launched(found) }
      if (done && found === undefined) return { failed: `instance ${name} is gone` }
      return { busy: found?.status.toLowerCase() ?? 'not visible yet' }
    },
    undo: remove,
    sweep: remove,
  })
}

/** https://cloud.google.com/compute/docs/connect/add-ssh-keys#metadata (read 2026-11): the user stands before the key. */
function sshKeyOf({ key, image }: LaunchRequest): string {
  if ('publicKey' in key) return `${image.sshUser ?? 'ubuntu'}:${key.publicKey}`
  throw new SindriError('unsupported', `Google Cloud keeps no key pairs by name, and ${key.name} was asked for`, {
    hint: 'leave --key-name out: a fresh key is made for the deployment',
  })
}
