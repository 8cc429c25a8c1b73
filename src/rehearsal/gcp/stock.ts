import { createHash } from 'node:crypto'
import type { Base } from '../kit/machines.ts'
import type { World } from './call.ts'
import type { ImageRecord } from './records.ts'

interface Publication {
  readonly project: string
  readonly family: Readonly<Record<Base['arch'], string>>
  readonly version: string
  readonly published: string
}

/** How each distribution publishes: https://cloud.google.com/compute/docs/images/os-details (2026-11). */
const publications: Readonly<Record<Base['name'], Publication>> = {
  'debian-12': {
    project: 'debian-cloud',
    family: { x86_64: 'debian-12', arm64: 'debian-12-arm64' },
    version: 'debian-12-bookworm-v20251014',
    published: '2025-10-14T12:00:00Z',
  },
  'ubuntu-22.04': {
    project: 'ubuntu-os-cloud',
    family: { x86_64: 'ubuntu-2204-lts', arm64: 'ubuntu-2204-lts-arm64' },
    version: 'ubuntu-2204-jammy-v20251002',
    published: '2025-10-02T12:00:00Z',
  },
  'ubuntu-24.04': {
    project: 'ubuntu-os-cloud',
    family: { x86_64: 'ubuntu-2404-lts-amd64', arm64: 'ubuntu-2404-lts-arm64' },
    version: 'ubuntu-2404-noble-amd64-v20251002',
    published: '2025-10-02T12:00:00Z',
  },
}

/** The size of the base disks that are made here. */
const sizeGb = 8

/** The public images: one per base disk that can really be made here. */
export function stockImages(stock: World['stock']): readonly ImageRecord[] {
  return stock
    .filter(({ offered }) => offered)
    .map(({ name: base, arch }) => {
      const { project, family, version, published } = publications[base]
      return {
        id: BigInt(`0x${createHash('sha256').update(version).digest('hex').slice(0, 15)}`).toString(),
        path: `projects/${project}/global/images/${version}`,
        name: version,
        project,
        createdAt: Date.parse(published),
        readyAt: Date.parse(published),
        description: `${version}, rehearsed`,
        family: family[arch],
        labels: {},
        architecture: arch === 'arm64' ? 'ARM64' : 'X86_64',
        guestOsFeatures: ['UEFI_COMPATIBLE', 'VIRTIO_SCSI_MULTIQUEUE', 'GVNIC'],
        storageLocations: ['us', 'eu', 'asia'],
        sizeGb,
        file: `base:${base}`,
      }
    })
}
