import type { Region } from './region.ts'

/** What a region says it holds. */
export interface Signature {
  readonly type: string
  /** Why Sindri cannot read it; absent where it can. */
  readonly unreadable?: string
}

interface Magic extends Signature {
  readonly at: number
  /** In Latin-1. */
  readonly text: string
}

const notRead = (what: string) => `Sindri does not read ${what}`
const raid = 'it is a member of a RAID array'

// Offsets and magic numbers are those of the formats' own headers, as libblkid knows them (util-linux 2.41, 2026-11).
// Containers come first: what they hold may leave a file system's magic where it would stand without them.
const magics: readonly Magic[] = [
  { type: 'luks', at: 0, text: 'LUKS\xba\xbe', unreadable: 'it is encrypted (LUKS)' },
  { type: 'bitlocker', at: 3, text: '-FVE-FS-', unreadable: 'it is encrypted (BitLocker)' },
  ...[0, 512, 1024, 1536].map((at) => ({
    type: 'lvm',
    at: at + 24,
    text: 'LVM2 001',
    unreadable: 'it is a physical volume of LVM',
  })),
  { type: 'raid', at: 0, text: '\xfc\x4e\x2b\xa9', unreadable: raid },
  { type: 'raid', at: 4096, text: '\xfc\x4e\x2b\xa9', unreadable: raid },
  { type: 'xfs', at: 0, text: 'XFSB' },
  { type: 'squashfs', at: 0, text: 'hsqs', unreadable: notRead('squashfs') },
  { type: 'ntfs', at: 3, text: 'NTFS    ', unreadable: notRead('NTFS') },
  { type: 'exfat', at: 3, text: 'EXFAT   ', unreadable: notRead('exFAT') },
  { type: 'ext', at: 1080, text: '\x53\xef' },
  { type: 'erofs', at: 1024, text: '\xe2\xe1\xf5\xe0', unreadable: notRead('EROFS') },
  { type: 'f2fs', at: 1024, text: '\x10\x20\xf5\xf2', unreadable: notRead('F2FS') },
  { type: 'btrfs', at: 65_600, text: '_BHRfS_M', unreadable: notRead('btrfs') },
  { type: 'iso9660', at: 32_769, text: 'CD001', unreadable: notRead('ISO 9660') },
  ...[4096, 8192, 16_384, 32_768, 65_536].flatMap((page) =>
    ['SWAPSPACE2', 'SWAP-SPACE'].map((text) => ({ type: 'swap', at: page - 10, text, unreadable: 'it is swap space' })),
  ),
]

/** What a region holds, by the magic numbers in it; `undefined` when none is known. */
export async function signatureOf(region: Region): Promise<Signature | undefined> {
  for (const { at, text, ...signature } of magics) {
    if (await holds(region, at, text)) return signature
  }
  if (await isFat(region)) return { type: 'fat' }
  // RAID superblocks of version 1.0 and 0.90 stand at the end. https://raid.wiki.kernel.org/index.php/RAID_superblock_formats
  const end = Math.floor(region.sizeBytes / 512) * 512
  for (const at of [Math.floor((end - 8192) / 4096) * 4096, Math.floor(end / 65_536) * 65_536 - 65_536]) {
    if (await holds(region, at, '\xfc\x4e\x2b\xa9')) return { type: 'raid', unreadable: raid }
  }
  return undefined
}

async function holds(region: Region, at: number, text: string): Promise<boolean> {
  if (at < 0 || at + text.length > region.sizeBytes) return false
  return (await region.bytes(at, text.length)).toString('latin1') === text
}

async function isFat(region: Region): Promise<boolean> {
  if (region.sizeBytes < 512) return false
  const sector = await region.bytes(0, 512)
  const jump = sector[0] === 0xeb || sector[0] === 0xe9
  return jump && [54, 82].some((at) => /^FAT(12|16|32)? /.test(sector.toString('latin1', at, at + 8)))
}
