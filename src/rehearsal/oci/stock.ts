import type { Base } from '../kit/machines.ts'
import type { World } from './call.ts'
import type { ImageRecord } from './records.ts'

interface Publication {
  readonly operatingSystem: string
  readonly version: string
  readonly name: Readonly<Record<Base['arch'], string>>
  readonly user: string
}

function ubuntu(version: string): Publication {
  return {
    operatingSystem: 'Canonical Ubuntu',
    version,
    name: {
      x86_64: `Canonical-Ubuntu-${version}-2025.10.31-0`,
      arm64: `Canonical-Ubuntu-${version}-aarch64-2025.10.31-0`,
    },
    user: 'ubuntu',
  }
}

/**
 * Ubuntu as https://docs.oracle.com/iaas/images/ names it (2026-11). Debian is not among Oracle's images: here it stands
 * for the generic cloud image that users import.
 */
const publications: Readonly<Record<Base['name'], Publication>> = {
  'ubuntu-24.04': ubuntu('24.04'),
  'ubuntu-22.04': ubuntu('22.04'),
  'debian-12': {
    operatingSystem: 'Debian',
    version: '12',
    name: {
      x86_64: 'debian-12-generic-amd64-20251006-2257',
      arm64: 'debian-12-generic-arm64-20251006-2257',
    },
    user: 'debian',
  },
}

const published = Date.parse('2025-10-31T12:00:00Z')

/** What Oracle’s own images have, whatever is in them. */
const sizeGb = 47

/** The images that belong to no compartment: one per base disk that can really be made here, with the same OCID in every region. */
export function stockImages(stock: World['stock'], region: string): readonly ImageRecord[] {
  return stock
    .filter(({ offered }) => offered)
    .map(({ name: base, arch }) => {
      const { operatingSystem, version, name, user } = publications[base]
      const unique = `aaaaaaaarehearsed${base.replaceAll(/\W/g, '')}`
      return {
        id: `ocid1.image.oc1..${unique.padEnd(60, 'a')}`,
        region,
        compartmentId: '',
        displayName: name[arch],
        createdAt: published,
        availableAt: published,
        freeformTags: {},
        definedTags: {},
        operatingSystem,
        operatingSystemVersion: version,
        architecture: arch,
        user,
        launchMode: 'NATIVE',
        sizeGb,
        file: `base:${base}`,
      }
    })
}
