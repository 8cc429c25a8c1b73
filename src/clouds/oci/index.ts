import type { Cloud } from '../cloud.ts'
import { ociOf } from './settings.ts'

/** Oracle Cloud Infrastructure: custom images built by oracle-oci. */
export const oci: Cloud = {
  id: 'oci',
  title: 'Oracle Cloud',
  cli: {
    command: 'oci',
    versionArguments: ['--version'],
    install: 'https://docs.oracle.com/iaas/Content/API/SDKDocs/cliinstall.htm',
  },
  login: 'oci setup config',
  forms: { image: /^ocid1\.image\./, region: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/ },
  placement(resolved) {
    const { deploy } = resolved
    return {
      // Empty: that of the credentials.
      region: ociOf(resolved).region ?? '',
      deploy: {
        instanceType: deploy.instanceType,
        // The config's own is only known with the environment.
        subnetId: deploy.subnetId,
        securityGroupId: deploy.securityGroupId,
        sshSourceRanges: deploy.sshSourceRanges,
        keyName: deploy.keyName,
      },
    }
  },
  async replaced(resolved, packerVersion) {
    const { withFixedShape } = await import('./fixed-shape.ts')
    return withFixedShape(resolved, packerVersion)
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
    const [{ permissionsOf, policyOf }, { diskPermissionsOf }] = await Promise.all([
      import('./permissions.ts'),
      import('./disk-permissions.ts'),
    ])
    return {
      of: permissionsOf,
      ofRelease: (release) => (release.targets.oci === undefined ? [] : diskPermissionsOf(release.targets.oci)),
      policy: policyOf,
    }
  },
  async connect(resolved, environment) {
    const [{ connectOci }, { ociTarget }] = await Promise.all([import('./api.ts'), import('./target.ts')])
    return ociTarget(connectOci, resolved, environment)
  },
}
