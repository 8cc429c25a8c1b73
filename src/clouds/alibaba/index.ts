import type { Cloud } from '../cloud.ts'
import { alibabaOf } from './settings.ts'

/** Alibaba Cloud: templates of alicloud-ecs for plain Packer. */
export const alibaba: Cloud = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  cli: {
    command: 'aliyun',
    versionArguments: ['version'],
    install: 'https://www.alibabacloud.com/help/en/cli/installation-guide',
  },
  login: 'aliyun configure',
  placement(resolved) {
    const { instanceType } = resolved.deploy
    return {
      region: alibabaOf(resolved).region,
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
    const { alibabaSource } = await import('./template.ts')
    return alibabaSource
  },
  async standIns(_resolved, environment) {
    const { alibabaStandIns } = await import('./credentials.ts')
    return alibabaStandIns(environment)
  },
  async permissions() {
    const { permissionsOf, policyOf } = await import('./permissions.ts')
    return { of: permissionsOf, policy: policyOf }
  },
}
