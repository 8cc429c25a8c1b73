import { messageOf } from '../../core/error.ts'
import type { FileTree } from '../file-tree.ts'
import { type Told, untold } from './told.ts'

/** What a distribution calls itself. */
export interface OperatingSystem {
  /** `debian`, `ubuntu`, `rhel`. */
  readonly id: string
  /** `12`, `24.04`; absent on rolling ones. */
  readonly versionId?: string
  /** `Debian GNU/Linux 12 (bookworm)`. */
  readonly prettyName?: string
}

// https://www.freedesktop.org/software/systemd/man/latest/os-release.html (2026-11)
const paths = ['/etc/os-release', '/usr/lib/os-release']
const mostBytes = 65_536

/** The first os-release that says an ID. */
export async function osOf(root: FileTree, where: string): Promise<Told<OperatingSystem>> {
  const reasons: string[] = []
  for (const path of paths) {
    try {
      const text = await root.read(path, mostBytes)
      if (text === undefined) continue
      const os = parse(text.toString())
      if (os !== undefined) return { value: os, evidence: `${where}: ${path}` }
      reasons.push(`${path} says no ID`)
    } catch (error) {
      reasons.push(`${path}: ${messageOf(error)}`)
    }
  }
  return untold(`${where}: ${reasons.length > 0 ? reasons.join('; ') : `there is no ${paths.join(' or ')}`}`)
}

function parse(text: string): OperatingSystem | undefined {
  const values = new Map(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, unquoted(value.trim())]),
  )
  const id = values.get('ID')
  if (id === undefined || id === '') return undefined
  const versionId = values.get('VERSION_ID')
  const prettyName = values.get('PRETTY_NAME')
  return { id, ...(versionId ? { versionId } : {}), ...(prettyName ? { prettyName } : {}) }
}

/** A value as the shell would take it, without expansions, which the format does not have. */
function unquoted(value: string): string {
  const quote = value[0]
  if (quote === "'" && value.endsWith("'")) return value.slice(1, -1)
  const bare = quote === '"' && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  return bare.replace(/\\(.)/g, '$1')
}
