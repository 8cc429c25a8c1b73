/** True when `text` matches `pattern`, where `*` stands for any text, `?` for one character, `\` takes the next one literally. */
export function wildcardMatch(pattern: string, text: string): boolean {
  // Greedy with one point of return: linear in practice, and never exponential as a regular expression may be.
  const tokens = pattern.match(/\\[\s\S]|[\s\S]/gu) ?? []
  const characters = [...text]
  let at = 0
  let star = -1
  let resume = 0
  for (let i = 0; i < characters.length; ) {
    const token = tokens[at]
    if (token === '*') {
      star = at
      at += 1
      resume = i
    } else if (token === '?' || (token !== undefined && literal(token) === characters[i])) {
      at += 1
      i += 1
    } else if (star >= 0) {
      at = star + 1
      resume += 1
      i = resume
    } else {
      return false
    }
  }
  return tokens.slice(at).every((token) => token === '*')
}

function literal(token: string): string {
  return token.length > 1 && token.startsWith('\\') ? token.slice(1) : token
}
