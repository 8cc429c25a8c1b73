import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import { type Complaint, messageOf, type Place } from '../core/error.ts'
import type { Mistake } from './mistake.ts'

type Path = Mistake['path']

/** A YAML text, read, with the places of its parts. */
export interface YamlDocument {
  /** What it says; `undefined` when it cannot be read. */
  readonly value: unknown
  readonly complaints: readonly Complaint[]
  /** Where the value, or with `atKey` the key, at a path is written: as near as there is. */
  place(path: Path, atKey?: boolean): Place
  /** A plain value exactly as it is written. */
  source(path: Path): string | undefined
}

interface Spot {
  readonly key: number
  readonly value: number
  readonly source: string | undefined
}

const maxBytes = 1024 * 1024
const maxDepth = 30
const maxAliases = 100

/** Reads one YAML 1.2 document. Never throws: whatever is wrong with the text is in `complaints`. */
export function readYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter()
  const spots = new Map<string, Spot>()
  const complaints: Complaint[] = []
  let unreadable = false
  let value: unknown
  if (Buffer.byteLength(text) > maxBytes) {
    complaints.push({ message: 'the file is larger than 1 MiB', hint: 'is it the right file?', where: { file } })
  } else {
    value = read()
  }
  return {
    value,
    complaints,
    place(path, atKey = false) {
      for (let length = path.length; length >= 0; length--) {
        const spot = spots.get(JSON.stringify(path.slice(0, length)))
        if (spot !== undefined) return at(atKey && length === path.length ? spot.key : spot.value)
      }
      return { file }
    },
    source: (path) => spots.get(JSON.stringify(path))?.source,
  }

  function read(): unknown {
    // Duplicate keys are found below: the parser's own search takes a minute over 50 000 keys.
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
      uniqueKeys: false,
    })
    for (const { message, pos } of [...document.errors, ...document.warnings].slice(0, 10)) {
      const deep = /call stack/.test(message)
      complain(deep ? 'the document is nested too deeply' : sentence(message), pos[0], 'is this valid YAML 1.2?')
      if (deep) return undefined
    }
    if (complaints.length > 0) return undefined
    if (document.contents !== null) walk(document.contents, [], document.contents.range[0])
    if (unreadable) return undefined
    try {
      return document.toJS({ maxAliasCount: maxAliases }) ?? {}
    } catch (error) {
      complain(`the aliases cannot be expanded: ${messageOf(error)}`, 0, 'write the values out instead of *alias')
      return undefined
    }
  }

  function walk(node: ParsedNode, path: Path, key: number): void {
    const [start] = node.range
    if (path.length > maxDepth) {
      complain('the document is nested too deeply', start, 'no setting is that deep')
      unreadable = true
      return
    }
    spots.set(JSON.stringify(path), { key, value: start, source: isScalar(node) ? node.source : undefined })
    if (isAlias(node)) return
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item as ParsedNode, [...path, index], start)
    }
    if (!isMap(node)) return
    const seen = new Set<string>()
    for (const { key: name, value: item } of node.items as { key: ParsedNode; value: ParsedNode | null }[]) {
      const [nameStart] = name.range
      if (!isScalar(name) || typeof name.value !== 'string') {
        complain('a key must be text', nameStart, 'put the key in quotes')
        unreadable = true
      } else if (name.value === '__proto__') {
        complain('"__proto__" cannot be a key', nameStart, 'choose another name')
      } else if (seen.has(name.value)) {
        complain(`${JSON.stringify(name.value)} is written twice`, nameStart, 'remove one of the two')
      } else {
        seen.add(name.value)
        const inner = [...path, name.value]
        if (item === null) spots.set(JSON.stringify(inner), { key: nameStart, value: nameStart, source: undefined })
        else walk(item, inner, nameStart)
      }
    }
  }

  function complain(message: string, offset: number, hint: string): void {
    complaints.push({ message, hint, where: at(offset) })
  }

  function at(offset: number): Place {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, '')
}
