/** A page with the lines of one table, between `<!-- name, generated -->` and `<!-- end -->`, made anew. */
export function replaced(page: string, name: string, lines: readonly string[]): string {
  const place = new RegExp(`(<!-- ${name}, generated -->\\n)[^]*?(<!-- end -->)`)
  if (!place.test(page)) throw new Error(`the page has no place for the table of ${name}`)
  return page.replace(place, (_, before: string, after: string) => `${before}\n${lines.join('\n')}\n\n${after}`)
}
