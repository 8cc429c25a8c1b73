import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

interface Limits {
  readonly memoryMiB: number
  readonly processes: number
}

/**
 * Makes cgroups that bound a machine's memory and processes, under this process's own ones or as near as the kernel
 * lets them be; version 1 and 2. Resolves with their folders: none when this machine allows none.
 */
export async function limitingCgroups(name: string, limits: Limits): Promise<readonly string[]> {
  const own = (await readFile('/proc/self/cgroup', 'utf8').catch(() => '')).trim().split('\n')
  const paths = own.map((line) => line.split(':')).map(([, controllers = '', path = '/']) => ({ controllers, path }))
  const bytes = String(limits.memoryMiB * 1024 * 1024)
  const processes = String(limits.processes)
  const pathOf = (controller: string) =>
    paths.find(({ controllers }) => controllers.split(',').includes(controller))?.path
  const memory = await make(`/sys/fs/cgroup/memory`, pathOf('memory'), name, { 'memory.limit_in_bytes': bytes })
  const pids = await make('/sys/fs/cgroup/pids', pathOf('pids'), name, { 'pids.max': processes })
  const both = { 'memory.max': bytes, 'pids.max': processes }
  const unified = memory ?? pids ?? (await make('/sys/fs/cgroup', pathOf(''), name, both))
  return [...new Set([memory, pids, unified])].filter((folder) => folder !== undefined)
}

/** Removes what `limitingCgroups` made; false while a process is left in one of them. */
export async function removeCgroups(folders: readonly string[]): Promise<boolean> {
  const removed = await Promise.all(
    folders.map((folder) =>
      rmdir(folder).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      ),
    ),
  )
  return removed.every(Boolean)
}

/** In version 2 a group that holds processes can have no limited children, so the groups above it are tried too. */
async function make(
  hierarchy: string,
  path: string | undefined,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (path === undefined) return undefined
  for (let parent = path; ; parent = dirname(parent)) {
    const folder = join(hierarchy, parent, `sindri-${name}`)
    try {
      await mkdir(folder, { recursive: false }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      for (const [file, value] of Object.entries(settings)) await writeFile(join(folder, file), value)
      return folder
    } catch {
      await rmdir(folder).catch(() => undefined)
    }
    if (parent === '/') return undefined
  }
}
