import type { Cloud } from '../cloud.ts'
import { gcpOf } from './settings.ts'

/** Google Cloud: images of Compute Engine built by googlecompute. Its regions are zones here: that is where Sindri works. */
export const gcp: Cloud = {
  id: 'gcp',
  title: 'Google Cloud',
  cli: {
    command: 'gcloud',
    versionArguments: ['--version'],
    install: 'https://cloud.google.com/sdk/docs/install',
  },
  login: 'gcloud auth application-default login',
  forms: {
    image: /^(projects\/[^/]+\/global\/images\/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    region: /^([a-z]+(-[a-z]+)+\d+|us|eu|asia)$/,
  },
  placement(resolved) {
    const { zone } = gcpOf(resolved)
    const { deploy } = resolved
    return {
      region: zone,
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
    const { gcpSource } = await import('./template.ts')
    return gcpSource
  },
  async packerProblem(packer) {
    const { packerProblem } = await import('./packer-problem.ts')
    return packerProblem(packer)
  },
  async permissions() {
    const [{ permissionsOf, roleOf }, { diskPermissionsOf }] = await Promise.all([
      import('./permissions.ts'),
      import('./disk-permissions.ts'),
    ])
    return {
      of: permissionsOf,
      ofRelease: (release) =>
        release.targets.gcp === undefined ? [] : diskPermissionsOf(release.targets.gcp, release),
      policy: roleOf,
    }
  },
  async connect(resolved, environment) {
    const [{ connectGcp }, { gcpTarget }] = await Promise.all([import('./api.ts'), import('./target.ts')])
    return gcpTarget(connectGcp, resolved, environment)
  },
}
