import { SindriError } from '../core/error.ts'
import type { Run } from './runs.ts'

/** Collects runs and refuses what no sound file can have. */
export interface Runs {
  /** @throws SindriError `failed` */
  add(logical: number, physical: number, count: number): void
  /** Call before following a pointer: a block of pointers must not lead to itself. @throws SindriError `failed` */
  visit(block: number): void
  readonly list: readonly Run[]
}

/** About 30 MB of memory, and a gigabyte in pieces of a block each. */
const mostRuns = 2 ** 18

/** For a file system of so many blocks; `what` is what is called broken. */
export function collectRuns(blocks: number, what: string): Runs {
  const list: Run[] = []
  const visited = new Set<number>()
  let total = 0
  const broken = (why: string) => new SindriError('failed', `${what} is broken: ${why}`)
  return {
    list,
    add(logical, physical, count) {
      if (physical === 0 || physical + count > blocks) throw broken(`it points to block ${physical + count - 1}`)
      total += count
      if (total > blocks) throw broken('it names more blocks than there are')
      const last = list.at(-1)
      if (last !== undefined && logical < last.logical + last.count) throw broken('its pieces overlap')
      if (last?.logical === logical - (last?.count ?? 0) && last.physical === physical - last.count) {
        list[list.length - 1] = { ...last, count: last.count + count }
      } else list.push({ logical, physical, count })
      if (list.length > mostRuns) throw broken(`it has more than ${mostRuns} pieces`)
    },
    visit(block) {
      if (block === 0 || block >= blocks) throw broken(`it points to block ${block}`)
      if (visited.has(block)) throw broken(`block ${block} leads back to itself`)
      visited.add(block)
    },
  }
}
