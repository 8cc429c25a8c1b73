import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** A process group, named so that it is never mistaken for a later one that got the same number. */
export interface ProcessGroup {
  /** The number of the process that leads the group, and of the group. */
  readonly pid: number
  /** When the leader started, as the kernel tells it; only good for comparing. */
  readonly startedAt: string
}

interface ProcessRow {
  readonly pid: number
  readonly group: number
  readonly zombie: boolean
  readonly startedAt: string
}

/** Shell commands by which a process that leads a group prints who it is, for `groupFrom`. */
export const introduction = `echo "$$"
  cat /proc/sys/kernel/random/boot_id "/proc/$$/stat" 2>/dev/null || LC_ALL=C TZ=UTC ps -o lstart= -p "$$"`

/** Reads what `introduction` printed. */
export function groupFrom(text: string): ProcessGroup {
  const [pid, first = '', stat] = text.trim().split('\n')
  return {
    pid: Number(pid),
    startedAt: stat === undefined ? words(first).join(' ') : linuxStart(first, statFields(stat)),
  }
}

/**
 * True while any process of the group runs, its leader or not. A zombie does not count: where nobody collects
 * orphans (a container without an init) it stays for ever.
 */
export function groupRuns({ pid, startedAt }: ProcessGroup): boolean {
  const leader = processRow(pid)
  // The kernel gives a number to a new process only when no group has it any more.
  if (leader !== undefined && leader.startedAt !== startedAt) return false
  if (leader !== undefined && !leader.zombie) return true
  return processRows().some((row) => row.group === pid && !row.zombie)
}

function processRow(pid: number): ProcessRow | undefined {
  if (platform() === 'linux') return linuxRow(String(pid))
  return otherRows(['-p', String(pid)])[0]
}

function processRows(): readonly ProcessRow[] {
  if (platform() !== 'linux') return otherRows(['-A'])
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => linuxRow(name) ?? [])
}

function linuxRow(pid: string): ProcessRow | undefined {
  const stat = readProc(`${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = statFields(stat)
  const [state = '', , group = ''] = fields
  const startedAt = linuxStart(readProc('sys/kernel/random/boot_id') ?? '', fields)
  return { pid: Number(pid), group: Number(group), zombie: state === 'Z' || state === 'X', startedAt }
}

/**
 * The fields of `/proc/PID/stat` from the state on: before it comes the program's name in parentheses, which may hold
 * blanks and parentheses itself. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function statFields(stat: string): readonly string[] {
  return words(stat.slice(stat.lastIndexOf(')') + 1))
}

/** The start is counted from the boot, so after a reboot the same number may come again. */
function linuxStart(boot: string, fields: readonly string[]): string {
  return `${boot.trim()} ${fields[19]}`
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u)
}

function readProc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

function otherRows(selection: readonly string[]): readonly ProcessRow[] {
  try {
    const args = [...selection, '-o', 'pid=,pgid=,stat=,lstart=']
    const listed = execFileSync('/bin/ps', args, { encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC' } })
    return listed
      .trim()
      .split('\n')
      .map((line) => {
        const [pid, group, state = '', ...startedAt] = words(line)
        return { pid: Number(pid), group: Number(group), zombie: state.startsWith('Z'), startedAt: startedAt.join(' ') }
      })
  } catch {
    return []
  }
}
