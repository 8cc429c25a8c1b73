import type { Resolved } from '../../config/resolved.ts'
import { callerRange } from '../caller-range.ts'
import type { Environment, Target } from '../cloud.ts'
import { baseOf } from './bases.ts'
import { alibabaCopying } from './copying.ts'
import { credentialSource, keyVariables } from './credentials.ts'
import { imageTags } from './image-tags.ts'
import { alibabaImages } from './images.ts'
import { alibabaLaunch } from './launch.ts'
import type { AlibabaApi, AlibabaHome } from './port.ts'
import { alibabaPublish } from './publish.ts'
import { alibabaOf, sshUserOf } from './settings.ts'

/** Alibaba Cloud with credentials at hand. */
export function alibabaTarget(
  connect: (home: AlibabaHome) => AlibabaApi,
  resolved: Resolved,
  environment: Environment,
): Target {
  const settings = alibabaOf(resolved)
  const { region } = settings
  const credentials = credentialSource(environment)
  const api = connect({ credentials, region })
  const { tags, build } = resolved
  const sshUser = sshUserOf(settings)
  return {
    async identity() {
      const { account, arn } = await api.identity()
      return `${arn} (account ${account})`
    },
    source: async () => credentials?.name ?? 'nowhere',
    // RAM has no dry run of a policy, so nothing is said to be missing: what is not allowed shows when it is asked for.
    callerRange: () => callerRange('give the ranges that may connect with --ssh-source-range'),
    // Of profiles the builder knows some kinds, and of roles Packer 1.6.6 none.
    packerCredentials: async () =>
      credentials === undefined || credentials.kind === 'key' ? {} : keyVariables(await api.keys()),
    async sourceImage() {
      const base = baseOf(resolved, settings.instanceType)
      return 'family' in base ? api.newestOf(region, base.family) : base.image
    },
    images: alibabaImages(api),
    publish: alibabaPublish(api, settings, (release, version) =>
      imageTags({ tags, version, profile: build.profile, base: build.base, sshUser, release }),
    ),
    copying: alibabaCopying(api),
    launch: alibabaLaunch(api, settings),
  }
}
