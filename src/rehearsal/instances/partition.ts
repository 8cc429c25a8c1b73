import { SindriError } from '../../core/error.ts'
import { run } from './run.ts'

/** A partition of a raw disk. `number` counts from 1, the rest is in bytes. */
export interface Partition {
  readonly number: number
  readonly offset: number
  readonly length: number
}

interface Table {
  readonly partitiontable: {
    readonly label: string
    readonly sectorsize?: number
    readonly partitions?: readonly { readonly node: string; readonly start: number; readonly size: number }[]
  }
}

/** The partition that lies last on a GPT disk: where cloud images keep their root file system, so that it can grow. */
export async function rootPartition(disk: string): Promise<Partition> {
  const printed = await run('sfdisk', ['--json', disk])
  // sfdisk's own format: https://man7.org/linux/man-pages/man8/sfdisk.8.html
  const { label, sectorsize = 512, partitions = [] } = (JSON.parse(printed) as Table).partitiontable
  const last = partitions.toSorted((a, b) => b.start - a.start)[0]
  if (label !== 'gpt' || last === undefined) {
    throw new SindriError('unsupported', `${disk} has a ${label} partition table, and a machine boots from GPT only`)
  }
  return {
    number: Number(/(\d+)$/.exec(last.node)?.[1] ?? partitions.indexOf(last) + 1),
    offset: last.start * sectorsize,
    length: last.size * sectorsize,
  }
}
