import type { Json } from '../kit/json.ts'

/** An answer in the format a request asks for. */
export function written(
  format: 'JSON' | 'XML',
  root: string,
  body: Json,
): { readonly type: string; readonly text: string } {
  if (format === 'JSON') return { type: 'application/json;charset=utf-8', text: JSON.stringify(body) }
  return { type: 'text/xml;charset=utf-8', text: `<?xml version='1.0' encoding='UTF-8'?>${element(root, body)}` }
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  // A list is its items, one after the other, under the name of the list.
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join('')
  if (typeof value !== 'object') return `<${name}>${escaped(String(value))}</${name}>`
  const inner = Object.entries(value).map(([key, child]) => element(key, child))
  return `<${name}>${inner.join('')}</${name}>`
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => escapes[character] ?? character)
}
