import { alibabaError, notImplemented } from './alibaba-error.ts'

/** Typed reading of a request's parameters; empty ones are as if they were left out. */
export interface Input {
  text(name: string): string | undefined
  /** Like `text`; MissingParameter when the client left out what this operation cannot do without. */
  need(name: string): string
  number(name: string): number | undefined
  flag(name: string): boolean
  /** `Name.1`, `Name.2` … */
  texts(name: string): readonly string[]
  /** A list that is sent as JSON, or separated by commas. */
  listed(name: string): readonly string[]
  /** `Name.1.Key`, `Name.1.Value` … by their own names. */
  objects(name: string): readonly Readonly<Record<string, string>>[]
  /** `Tag.1.Key`, `Tag.1.Value` … */
  tags(): Readonly<Record<string, string>>
  /** All of it, for a digest. */
  readonly all: Readonly<Record<string, string>>
}

/** Parameters of every operation. https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism (2026-11) */
const common = new Set([
  ...['Action', 'Version', 'Format', 'Timestamp', 'AccessKeyId', 'SecurityToken', 'RegionId', 'AcceptLanguage'],
  ...['Signature', 'SignatureMethod', 'SignatureType', 'SignatureVersion', 'SignatureNonce'],
])

/** Reads the parameters of an operation. Refuses (501) one that is not acted on. */
export function inputOf(
  operation: string,
  parameters: ReadonlyMap<string, string>,
  supported: readonly string[],
): Input {
  const said = [...parameters].filter(([name, value]) => value !== '' && !common.has(name))
  const lacking = said.find(([name]) => !supported.includes(name.replace(/\.\d+(\..*)?$/, '')))
  if (lacking !== undefined) throw notImplemented(`the parameter ${lacking[0]} of ${operation}`)
  const all = Object.fromEntries(said)
  const text = (name: string): string | undefined => all[name]
  const objects = (name: string): readonly Readonly<Record<string, string>>[] => {
    const items = new Map<number, Record<string, string>>()
    for (const [key, value] of said) {
      const [, own, index, member] = /^([\w.]+)\.(\d+)\.(\w+)$/.exec(key) ?? []
      if (own !== name || index === undefined || member === undefined) continue
      items.set(Number(index), { ...items.get(Number(index)), [member]: value })
    }
    return [...items].sort(([a], [b]) => a - b).map(([, item]) => item)
  }
  return {
    all,
    text,
    need(name) {
      const value = text(name)
      if (value !== undefined) return value
      throw alibabaError(
        'MissingParameter',
        `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
      )
    },
    number(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (/^-?\d+$/.test(value)) return Number(value)
      throw alibabaError('InvalidParameter', `The specified parameter "${name}" is not valid.`)
    },
    flag: (name) => text(name)?.toLowerCase() === 'true',
    texts: (name) =>
      said
        .filter(([key]) => key.startsWith(`${name}.`) && /\.\d+$/.test(key))
        .sort(([a], [b]) => Number(a.split('.').at(-1)) - Number(b.split('.').at(-1)))
        .map(([, value]) => value),
    listed(name) {
      const value = text(name)
      if (value === undefined) return []
      if (!value.startsWith('[')) return value.split(',')
      try {
        const list: unknown = JSON.parse(value)
        if (Array.isArray(list)) return list.map(String)
      } catch {}
      throw alibabaError(`Invalid${name}.Malformed`, `The specified parameter "${name}" is not valid.`)
    },
    objects,
    tags() {
      const tags = objects('Tag').map(({ Key = '', Value = '' }) => [Key, Value] as const)
      const wrong = tags.find(([key]) => key === '' || key.length > 128 || /^(aliyun|acs:)/.test(key))
      if (wrong !== undefined)
        throw alibabaError('InvalidTagKey.Malformed', `The specified Tag.n.Key "${wrong[0]}" is not valid.`)
      return Object.fromEntries(tags)
    },
  }
}
