import type { Kind } from './volume.ts'

const kinds: Readonly<Record<number, Kind>> = {
  1: 'fifo',
  2: 'character-device',
  4: 'directory',
  6: 'block-device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
}

/** The kind that the mode of a Unix inode says, if it says one. */
export function kindOfMode(mode: number): Kind | undefined {
  return kinds[mode >> 12]
}

/** Linux takes no longer targets of symlinks. */
export const longestTarget = 4096
