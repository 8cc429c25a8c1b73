import type { Resolved } from '../../config/resolved.ts'
import { callerRange } from '../caller-range.ts'
import type { Environment, Target } from '../cloud.ts'
import { gcpImages } from './images.ts'
import { gcpLaunch } from './launch.ts'
import { missingPermissions } from './missing.ts'
import { networkOf, networkProjectOf } from './network.ts'
import type { GcpApi, GcpHome } from './port.ts'
import { gcpPublish } from './publish.ts'
import { gcpOf, projectOf } from './settings.ts'

/** Google Cloud with credentials at hand. @throws SindriError `config` when no project is named */
export function gcpTarget(connect: (home: GcpHome) => GcpApi, resolved: Resolved, environment: Environment): Target {
  const settings = gcpOf(resolved)
  const project = projectOf(settings.projectId, environment)
  const imageProject = settings.imageProjectId ?? project
  const networkProject = networkProjectOf(settings, project)
  const api = connect({ project, imageProject, networkProject, environment })
  return {
    identity: async () => `${await api.identity()} (project ${project})`,
    source: () => api.source(),
    missing: (permissions) => missingPermissions(api, permissions),
    callerRange: () => callerRange('give the ranges that may connect with --ssh-source-range'),
    images: gcpImages(api),
    publish: gcpPublish(api, settings),
    launch: gcpLaunch(api, { imageProject, settings, network: networkOf(api, settings, networkProject) }),
  }
}
