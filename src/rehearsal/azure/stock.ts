import type { Base } from '../kit/machines.ts'
import type { World } from './call.ts'

/** An image of the marketplace. */
export interface StockImage {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  readonly version: string
  readonly arch: Base['arch']
  readonly file: string
}

interface Publication {
  readonly publisher: string
  readonly offer: string
  readonly sku: Readonly<Record<Base['arch'], string>>
  readonly version: string
}

/** How each distribution publishes: https://documentation.ubuntu.com/azure/azure-how-to/instances/find-ubuntu-images/ and https://wiki.debian.org/Cloud/MicrosoftAzure (2026-11). */
const publications: Readonly<Record<Base['name'], Publication>> = {
  'debian-12': {
    publisher: 'Debian',
    offer: 'debian-12',
    sku: { x86_64: '12-gen2', arm64: '12-arm64' },
    version: '0.20251006.2257',
  },
  'ubuntu-22.04': {
    publisher: 'Canonical',
    offer: '0001-com-ubuntu-server-jammy',
    sku: { x86_64: '22_04-lts-gen2', arm64: '22_04-lts-arm64' },
    version: '22.04.202510020',
  },
  'ubuntu-24.04': {
    publisher: 'Canonical',
    offer: 'ubuntu-24_04-lts',
    sku: { x86_64: 'server', arm64: 'server-arm64' },
    version: '24.04.202510020',
  },
}

/** The marketplace's images: one per base disk that can really be made here. */
export function stockImages(stock: World['stock']): readonly StockImage[] {
  return stock
    .filter(({ offered }) => offered)
    .map(({ name, arch }) => {
      const { publisher, offer, sku, version } = publications[name]
      return { publisher, offer, sku: sku[arch], version, arch, file: `base:${name}` }
    })
}
