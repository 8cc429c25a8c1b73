import type { Base } from '../kit/machines.ts'
import type { Stock } from '../kit/stand-in.ts'
import { regions } from './places.ts'
import type { ImageRecord } from './records.ts'

interface Publication {
  /** What the name of the image begins with; an id is made of it. */
  readonly name: string
  readonly family: Readonly<Record<Base['arch'], string>>
  readonly published: string
}

/** How each distribution is published: https://help.aliyun.com/zh/ecs/user-guide/public-mirroring-overview (2026-11). */
const publications: Readonly<Record<Base['name'], Publication>> = {
  'debian-12': {
    name: 'debian_12_11',
    family: { x86_64: 'acs:debian_12_11_x64', arm64: 'acs:debian_12_11_arm64' },
    published: '2025-07-25T08:00:00Z',
  },
  'ubuntu-22.04': {
    name: 'ubuntu_22_04',
    family: { x86_64: 'acs:ubuntu_22_04_x64', arm64: 'acs:ubuntu_22_04_arm64' },
    published: '2025-09-16T08:00:00Z',
  },
  'ubuntu-24.04': {
    name: 'ubuntu_24_04',
    family: { x86_64: 'acs:ubuntu_24_04_x64', arm64: 'acs:ubuntu_24_04_arm64' },
    published: '2025-09-16T08:00:00Z',
  },
}

/** The size public images have. */
const sizeGb = 20

/** The public images, the same in every region: one per base disk that can really be made here. */
export function stockImages(stock: readonly Stock[]): readonly (ImageRecord & { readonly file: string })[] {
  const offered = stock.filter((one) => one.offered)
  return regions.flatMap((region) =>
    offered.map(({ name: base, arch }) => {
      const { name, family, published } = publications[base]
      const createdAt = Date.parse(published)
      const id = `${name}_${arch === 'arm64' ? arch : 'x64'}_20G_alibase_${published.slice(0, 10).replaceAll('-', '')}.vhd`
      return {
        ...{ id, region, name: id, tags: {}, createdAt, readyAt: createdAt, description: `${base}, rehearsed` },
        ...{ family: family[arch], owner: 'system' as const, architecture: arch, snapshotId: '', sizeGb },
        sharedWith: [],
        file: `base:${base}`,
      }
    }),
  )
}
