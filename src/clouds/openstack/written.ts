import { readFile } from 'node:fs/promises'
import { readYaml } from '../../config/yaml.ts'
import { hasCode, SindriError } from '../../core/error.ts'

/** What a file or the environment says: every plain value as it is written, so that a password 0123 stays that. */
export type Settings = { readonly [name: string]: Setting }
export type Setting = string | undefined | readonly Setting[] | Settings

/** What a file of clouds says. Undefined when there is no such file, or it may not be read. */
export async function readSettings(file: string): Promise<Settings | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].some((code) => hasCode(error, code))) return undefined
    throw error
  }
  const document = readYaml(text, file)
  const [complaint] = document.complaints
  if (complaint !== undefined)
    throw new SindriError('credentials', `${file}: ${complaint.message}`, {
      ...(complaint.where && { where: complaint.where }),
      hint: 'OpenStack keeps its clouds in YAML',
    })
  const read = written(document.value, [], document.source)
  if (isSettings(read)) return read
  throw new SindriError('credentials', `${file} is no list of clouds`, {
    hint: 'it begins with "clouds:"',
    where: { file },
  })
}

function written(
  value: unknown,
  path: readonly (string | number)[],
  source: (path: readonly (string | number)[]) => string | undefined,
): Setting {
  if (typeof value === 'string' || value === undefined || value === null) return value ?? undefined
  if (Array.isArray(value)) return value.map((item, at) => written(item, [...path, at], source))
  if (typeof value !== 'object') return source(path) ?? String(value)
  // Older files write auth-url for auth_url. A cloud's own name stays as it is.
  const own = (key: string): string => (path.length === 1 ? key : key.replaceAll('-', '_'))
  const members = Object.entries(value).map(([key, item]) => [
    path.length === 0 ? key : own(key),
    written(item, [...path, key], source),
  ])
  return withAnchors(Object.fromEntries(members))
}

/** `<<: *other` takes the members of the other: https://yaml.org/type/merge.html (2026-11) */
function withAnchors({ '<<': others, ...own }: Settings): Settings {
  if (others === undefined) return own
  const list = Array.isArray(others) ? others.toReversed() : [others]
  return { ...Object.assign({}, ...list.filter(isSettings)), ...own }
}

/** `over` where it says something, member by member. */
export function merged(under: Settings, over: Settings): Settings {
  const result: Record<string, Setting> = { ...under }
  for (const [name, value] of Object.entries(over)) {
    const before = result[name]
    result[name] = isSettings(before) && isSettings(value) ? merged(before, value) : value
  }
  return result
}

/** True for a value that has members of its own. */
export function isSettings(value: Setting): value is Settings {
  return typeof value === 'object' && !Array.isArray(value)
}

/** A value that is text, and not empty. */
export function textOf(value: Setting): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
