import { releaseOf } from '../../config/release.ts'
import type { AzureReleaseSettings } from '../../config/targets/azure.ts'
import type { Publication } from '../../release/publication.ts'

/** Settings of a release in one region, as sindri.yaml says them. */
export function azureSettings(azure: object): AzureReleaseSettings {
  const targets = { azure: { regions: ['westeurope'], ...azure } }
  const { azure: settings } = releaseOf({ name: 'golden', release: { version: '1', targets } }, {}).targets
  if (settings === undefined) throw new Error('no settings')
  return settings
}

/** A publication of golden 1.2.3 on debian12. */
export const publication: Publication = {
  ...{ key: 'k', name: 'n', project: 'golden', version: '1.2.3', os: 'debian12', audience: 'private' },
  disk: { digest: 'd'.repeat(64), sizeBytes: 1, architecture: 'x86_64', firmware: 'uefi' },
}
