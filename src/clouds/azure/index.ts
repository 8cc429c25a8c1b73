import type { Cloud } from '../cloud.ts'
import { azureOf } from './settings.ts'

/** Microsoft Azure: managed images and gallery versions, built by azure-arm. */
export const azure: Cloud = {
  id: 'azure',
  title: 'Azure',
  cli: {
    command: 'az',
    versionArguments: ['version'],
    install: 'https://learn.microsoft.com/cli/azure/install-azure-cli',
  },
  login: 'az login',
  forms: {
    image: /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/microsoft\.compute\//i,
    region: /^[a-z]+[a-z0-9]*$/,
  },
  placement(resolved) {
    const { deploy } = resolved
    return {
      region: azureOf(resolved).location,
      deploy: {
        instanceType: deploy.instanceType,
        subnetId: deploy.subnetId,
        securityGroupId: deploy.securityGroupId,
        sshSourceRanges: deploy.sshSourceRanges,
        keyName: deploy.keyName,
      },
    }
  },
  async source() {
    const { azureSource } = await import('./template.ts')
    return azureSource
  },
  wantsCallerRange(resolved) {
    const { virtualNetworkName, allowedInboundIpAddresses } = azureOf(resolved)
    return virtualNetworkName === undefined && allowedInboundIpAddresses.length === 0
  },
  async permissions() {
    const [{ permissionsOf, roleOf }, { diskPermissionsOf }] = await Promise.all([
      import('./permissions.ts'),
      import('./disk-permissions.ts'),
    ])
    return {
      of: permissionsOf,
      ofRelease: (release) =>
        release.targets.azure === undefined ? [] : diskPermissionsOf(release.targets.azure, release),
      policy: roleOf,
    }
  },
  async connect(resolved, environment) {
    const [{ connectAzure }, { azureTarget }] = await Promise.all([import('./api.ts'), import('./target.ts')])
    return azureTarget(connectAzure, resolved, environment)
  },
}
