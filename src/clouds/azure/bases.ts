import type { BuildSettings } from '../../config/sections/build.ts'
import { SindriError } from '../../core/error.ts'

/** What an image starts from, in the three ways azure-arm takes it. */
export type AzureBase =
  | {
      readonly kind: 'marketplace'
      readonly publisher: string
      readonly offer: string
      readonly sku: string
      readonly version: string
    }
  | { readonly kind: 'managed'; readonly resourceGroup: string; readonly name: string }
  | {
      readonly kind: 'gallery'
      readonly subscription: string
      readonly resourceGroup: string
      readonly gallery: string
      readonly image: string
      /** Absent: the latest. */
      readonly version: string | undefined
    }

type Skus = Readonly<Record<BuildSettings['arch'], string>>

/**
 * Generation 2 images, which Secure Boot and a virtual TPM need; images for arm64 are of no other generation.
 * https://documentation.ubuntu.com/azure/azure-how-to/instances/find-ubuntu-images/ and
 * https://wiki.debian.org/Cloud/MicrosoftAzure (2026-11, by what others quote of them; never asked of Azure itself).
 */
const named: Readonly<Record<string, { readonly publisher: string; readonly offer: string; readonly sku: Skus }>> = {
  'ubuntu-24.04': {
    publisher: 'Canonical',
    offer: 'ubuntu-24_04-lts',
    sku: { x86_64: 'server', arm64: 'server-arm64' },
  },
  'ubuntu-22.04': {
    publisher: 'Canonical',
    offer: '0001-com-ubuntu-server-jammy',
    sku: { x86_64: '22_04-lts-gen2', arm64: '22_04-lts-arm64' },
  },
  'debian-12': {
    publisher: 'Debian',
    offer: 'debian-12',
    sku: { x86_64: '12-gen2', arm64: '12-arm64' },
  },
}

const urn = /^([^:/]+):([^:/]+):([^:/]+):([^:/]+)$/
const resource = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/(.+)$/i
const managed = /^images\/([^/]+)$/i
const gallery = /^galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i

/** What `build.base` stands for. @throws SindriError `config` for the id of anything but an image */
export function baseOf({ base, arch }: Pick<BuildSettings, 'base' | 'arch'>): AzureBase {
  const known = named[base]
  if (known !== undefined) return { ...known, kind: 'marketplace', sku: known.sku[arch], version: 'latest' }
  const [, publisher = '', offer = '', sku = '', version = ''] = urn.exec(base) ?? []
  if (publisher !== '') return { kind: 'marketplace', publisher, offer, sku, version }
  const [, subscription = '', resourceGroup = '', rest = ''] = resource.exec(base) ?? []
  const [, name] = managed.exec(rest) ?? []
  if (name !== undefined) return { kind: 'managed', resourceGroup, name }
  const [, inGallery, image, imageVersion] = gallery.exec(rest) ?? []
  if (inGallery !== undefined && image !== undefined)
    return { kind: 'gallery', subscription, resourceGroup, gallery: inGallery, image, version: imageVersion }
  throw new SindriError('config', `no image can start from ${base}`, {
    hint: 'give the id of a managed image (…/images/…) or of a gallery image (…/galleries/…/images/…/versions/…)',
  })
}
