import type { Cloud } from '../cloud.ts'
import { awsOf } from './settings.ts'

/** Amazon Web Services: AMIs built by amazon-ebs, copied and shared by Sindri itself. */
export const aws: Cloud = {
  id: 'aws',
  title: 'AWS',
  cli: {
    command: 'aws',
    versionArguments: ['--version'],
    install: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
  },
  login: 'aws configure',
  forms: { image: /^ami-[0-9a-f]{8,17}$/, region: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/ },
  placement(resolved) {
    const { region, subnetId, sshSourceRanges } = awsOf(resolved)
    const { deploy } = resolved
    return {
      region,
      deploy: {
        instanceType: deploy.instanceType,
        subnetId: deploy.subnetId ?? subnetId,
        securityGroupId: deploy.securityGroupId,
        sshSourceRanges: deploy.sshSourceRanges.length > 0 ? deploy.sshSourceRanges : sshSourceRanges,
        keyName: deploy.keyName,
      },
    }
  },
  async source() {
    const { awsSource } = await import('./template.ts')
    return awsSource
  },
  async permissions() {
    const [{ permissionsOf, policyOf }, { diskPermissionsOf }] = await Promise.all([
      import('./permissions.ts'),
      import('./disk-permissions.ts'),
    ])
    return {
      of: permissionsOf,
      ofRelease: (release) =>
        release.targets.aws === undefined ? [] : diskPermissionsOf(release.targets.aws, release),
      policy: policyOf,
    }
  },
  async connect(resolved, environment) {
    const [{ connectAws }, { awsTarget }] = await Promise.all([import('./api.ts'), import('./target.ts')])
    return awsTarget(connectAws, resolved, environment)
  },
}
