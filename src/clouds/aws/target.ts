import type { Resolved } from '../../config/resolved.ts'
import { callerRange } from '../caller-range.ts'
import type { Environment, Target } from '../cloud.ts'
import { awsCopying } from './copying.ts'
import { awsImages } from './images.ts'
import { awsLaunch } from './launch.ts'
import { missingActions } from './missing.ts'
import type { AwsApi, AwsHome } from './port.ts'
import { awsPublish } from './publish.ts'
import { awsOf } from './settings.ts'

/** AWS with credentials at hand. */
export function awsTarget(connect: (home: AwsHome) => AwsApi, resolved: Resolved, environment: Environment): Target {
  const settings = awsOf(resolved)
  const api = connect({ region: settings.region, environment })
  return {
    async identity() {
      const { account, arn } = await api.identity()
      return `${arn} (account ${account})`
    },
    source: () => api.source(),
    missing: (permissions) => missingActions(api, settings.region, permissions),
    callerRange: () =>
      callerRange('give the ranges that may connect: aws.ssh_source_ranges in sindri.yaml, or --ssh-source-range'),
    images: awsImages(api),
    publish: awsPublish(api, settings),
    copying: awsCopying(api, settings),
    launch: awsLaunch(api),
  }
}
