import type { GcpApi } from './port.ts'
import type { GcpImageSettings } from './settings.ts'

/** The network instances are launched into. */
export interface Network {
  /** Its URL; asked of Google when only its subnetwork is known. */
  url(subnetId: string | undefined): Promise<string>
  /** The URL of the subnetwork; undefined leaves the choice to the network. */
  subnetwork(subnetId: string | undefined): string | undefined
}

/** The project of the config's network: of a shared VPC that of its host. */
export function networkProjectOf(settings: GcpImageSettings, project: string): string {
  const { network, subnetwork, networkProjectId } = settings
  const named = [network, subnetwork].map((one) => /(?:^|\/)projects\/([^/]+)\//.exec(one ?? '')?.[1])
  return named.find((one) => one !== undefined) ?? networkProjectId ?? project
}

/** Networks and subnetworks as the config names them, by URL. A subnetwork of the request comes before that of the config. */
export function networkOf(
  api: Pick<GcpApi, 'subnetworkNetwork'>,
  settings: GcpImageSettings,
  project: string,
): Network {
  const region = settings.zone.replace(/-[a-z]$/, '')
  const urlOf = (written: string, place: string): string =>
    written.includes('/')
      ? written.replace(/^https:\/\/[^/]+\/compute\/v1\//, '')
      : `projects/${project}/${place}/${written}`
  const subnetwork = (subnetId: string | undefined): string | undefined => {
    const written = subnetId ?? settings.subnetwork
    return written === undefined ? undefined : urlOf(written, `regions/${region}/subnetworks`)
  }
  return {
    subnetwork,
    async url(subnetId) {
      const { network } = settings
      const inside = subnetwork(subnetId)
      if (network !== undefined && subnetId === undefined) return urlOf(network, 'global/networks')
      return inside === undefined ? urlOf('default', 'global/networks') : api.subnetworkNetwork(inside)
    },
  }
}
