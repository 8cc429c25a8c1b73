const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#34': '"' }

/** The text of the first element of this name in a document of OSS, which nests no element in one of its own name. */
export function textIn(document: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(document)?.[1]
  return found?.replace(/&(amp|lt|gt|quot|apos|#34);/g, (_, entity: string) => entities[entity] ?? '')
}

/** What is inside every element of this name, in order. */
export function elementsIn(document: string, name: string): readonly string[] {
  return [...document.matchAll(new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`, 'gs'))].map(([, inner = '']) => inner)
}
