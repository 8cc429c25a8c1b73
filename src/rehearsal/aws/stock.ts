import type { Stock } from '../kit/stand-in.ts'
import { stableId } from './ids.ts'
import type { ImageRecord, SnapshotRecord } from './records.ts'

interface Publication {
  readonly owner: string
  /** As the distribution names it, without the architecture. */
  readonly name: (arch: string) => string
  readonly description: (arch: string) => string
  readonly rootDevice: string
  readonly published: string
}

/** How each distribution publishes: https://wiki.debian.org/Cloud/AmazonEC2Image, https://documentation.ubuntu.com/aws/ (2026-11). */
const publications: Readonly<Record<Stock['name'], Publication>> = {
  'debian-12': {
    owner: '136693071363',
    name: (arch) => `debian-12-${arch}-20251001-2200`,
    description: (arch) => `Debian 12 (20251001-2200) ${arch}, rehearsed`,
    rootDevice: '/dev/xvda',
    published: '2025-10-01T22:00:00Z',
  },
  'ubuntu-22.04': {
    owner: '099720109477',
    name: (arch) => `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${arch}-server-20251001`,
    description: (arch) => `Canonical, Ubuntu, 22.04, ${arch} jammy image, rehearsed`,
    rootDevice: '/dev/sda1',
    published: '2025-10-01T08:00:00Z',
  },
  'ubuntu-24.04': {
    owner: '099720109477',
    name: (arch) => `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${arch}-server-20251001`,
    description: (arch) => `Canonical, Ubuntu, 24.04, ${arch} noble image, rehearsed`,
    rootDevice: '/dev/sda1',
    published: '2025-10-01T08:00:00Z',
  },
}

const sizeGiB = 8

const debianNames = { x86_64: 'amd64', arm64: 'arm64' } as const

/** The public images of a region: one per base disk that can really be made here, each with its own id. */
export function stockImages(region: string, stock: readonly Stock[]): readonly ImageRecord[] {
  return stock
    .filter((base) => base.offered)
    .map((base) => {
      const { owner, name, description, rootDevice, published } = publications[base.name]
      const at = Date.parse(published)
      return {
        id: stableId('ami', region, base.name, base.arch),
        name: name(debianNames[base.arch]),
        description: description(debianNames[base.arch]),
        owner,
        architecture: base.arch,
        rootDevice,
        bootMode: base.arch === 'arm64' ? 'uefi' : 'uefi-preferred',
        ena: true,
        sriov: 'simple',
        createdAt: at,
        availableAt: at,
        mappings: [
          {
            device: rootDevice,
            snapshotId: stableId('snap', region, base.name, base.arch),
            sizeGiB,
            type: 'gp3',
            deleteOnTermination: true,
            encrypted: false,
          },
        ],
        permissions: [{ Group: 'all' }],
        tags: {},
      }
    })
}

/** The snapshots under `stockImages`. */
export function stockSnapshots(region: string, stock: readonly Stock[]): readonly SnapshotRecord[] {
  return stock
    .filter((base) => base.offered)
    .map((base) => {
      const { owner, name, published } = publications[base.name]
      const at = Date.parse(published)
      return {
        id: stableId('snap', region, base.name, base.arch),
        owner,
        volumeId: 'vol-ffffffff',
        sizeGiB,
        description: name(debianNames[base.arch]),
        startedAt: at,
        completedAt: at,
        encrypted: false,
        file: `base:${base.name}`,
        permissions: [{ Group: 'all' }],
        tags: {},
      }
    })
}
