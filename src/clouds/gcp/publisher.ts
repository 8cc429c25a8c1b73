import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** Google Cloud: a packed disk in a bucket for a while, an image of it, further images of that. */
export const gcpPublisher: Publisher = {
  id: 'gcp',
  title: 'Google Cloud',
  async connect({ gcp: settings }, environment, folder) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.gcp is missing')
    const project = settings.projectId || environment.GOOGLE_CLOUD_PROJECT
    if (project === undefined || project === '')
      throw new SindriError('config', 'no Google Cloud project is named', {
        hint: 'set GOOGLE_CLOUD_PROJECT, or write release.targets.gcp.project_id in sindri.yaml',
      })
    const [{ connectGcp }, { connectGcpDisk }, { gcpDiskTarget }, { readSecureBootKeys }] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./disk-target.ts'),
      import('./secure-boot-keys.ts'),
    ])
    const home = { project, imageProject: project, networkProject: project, environment }
    const { secureBoot } = settings
    const secureBootKeys = secureBoot && (await readSecureBootKeys(secureBoot, folder))
    return gcpDiskTarget(
      { images: connectGcp(home), disks: connectGcpDisk(home) },
      { ...settings, ...(secureBootKeys !== undefined && { secureBootKeys }) },
    )
  },
}
