/** An address as it may be shown: the user and the query of one may hold a password or a signature. Other text stays. */
export function withoutSecrets(text: string): string {
  if (!/^\w+:\/\//.test(text)) return text
  return text.replace(/\/\/[^/]*@/, '//…@').replace(/[?#].*$/, '?…')
}
