import type { Cloud } from '../cloud.ts'
import { alibabaOf } from './settings.ts'

/** Alibaba Cloud: custom images of ECS built by alicloud-ecs, on the China and the international site. */
export const alibaba: Cloud = {
  id: 'alibaba',
  title: 'Alibaba Cloud',
  cli: {
    command: 'aliyun',
    versionArguments: ['version'],
    install: 'https://www.alibabacloud.com/help/en/cli/installation-guide',
  },
  login: 'aliyun configure',
  forms: { image: /^m-[a-z0-9]{10,}$/, region: /^[a-z]{2,4}(-[a-z]+)+(-\d{1,2})?$/ },
  // https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importkeypair (2026-11)
  keyType: 'rsa',
  placement(resolved) {
    const { region, vswitchId } = alibabaOf(resolved)
    const { deploy } = resolved
    return {
      region,
      deploy: {
        instanceType: deploy.instanceType,
        subnetId: deploy.subnetId ?? vswitchId,
        securityGroupId: deploy.securityGroupId,
        sshSourceRanges: deploy.sshSourceRanges,
        keyName: deploy.keyName,
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
    const [{ permissionsOf, policyOf }, { diskPermissionsOf }] = await Promise.all([
      import('./permissions.ts'),
      import('./disk-permissions.ts'),
    ])
    return {
      of: permissionsOf,
      ofRelease: ({ targets }) => (targets.alibaba === undefined ? [] : diskPermissionsOf(targets.alibaba)),
      policy: policyOf,
    }
  },
  async connect(resolved, environment) {
    const [{ connectAlibaba }, { alibabaTarget }] = await Promise.all([import('./api.ts'), import('./target.ts')])
    return alibabaTarget(connectAlibaba, resolved, environment)
  },
}
