import type { Cloud } from '../cloud.ts'
import { ociOf } from './settings.ts'

/** Oracle Cloud Infrastructure: templates of oracle-oci for plain Packer. */
export const oci: Cloud = {
  id: 'oci',
  title: 'Oracle Cloud',
  cli: {
    command: 'oci',
    versionArguments: ['--version'],
    install: 'https://docs.oracle.com/iaas/Content/API/SDKDocs/cliinstall.htm',
  },
  login: 'oci setup config',
  placement(resolved) {
    const { instanceType } = resolved.deploy
    return {
      // Empty: the builder takes the region of ~/.oci/config.
      region: ociOf(resolved).region ?? '',
      deploy: {
        instanceType,
        subnetId: undefined,
        securityGroupId: undefined,
        sshSourceRanges: [],
        keyName: undefined,
      },
    }
  },
  async source() {
    const { ociSource } = await import('./template.ts')
    return ociSource
  },
  async standIns(resolved, environment, folder) {
    const { ociStandIns } = await import('./stand-ins.ts')
    return ociStandIns(resolved, environment, folder)
  },
  async permissions() {
    const { permissionsOf, policyOf } = await import('./permissions.ts')
    return { of: permissionsOf, policy: policyOf }
  },
}
