import { SindriError } from '../core/error.ts'

/**
 * An HCL string that is this text, whatever is in it.
 * @throws SindriError `config` when the text holds `{{`, which Packer would evaluate, or is not valid Unicode
 */
export function quoted(text: string): string {
  refuseGoTemplate(text)
  return `"${escaped(text)}"`
}

/** Packer evaluates most strings once more as Go templates, with functions that read the environment and vaults. */
export function refuseGoTemplate(text: string): void {
  if (!text.includes('{{')) return
  throw new SindriError('config', `Packer would evaluate the braces in ${JSON.stringify(text)}`, {
    hint: 'write the text without {{',
  })
}

const namedEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

/**
 * The text between the quotes of an HCL string. What cannot be seen or counted in columns (control and format
 * characters, combining marks) is written as its code point.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-expressions
 * @param beforeExpression `${` follows: a `$` or `%` at the end of the text would escape it
 */
export function escaped(text: string, beforeExpression = false): string {
  if (!text.isWellFormed()) {
    throw new SindriError('config', `${JSON.stringify(text)} is not valid Unicode: it holds half of a surrogate pair`)
  }
  const literal = text
    .replaceAll(/[\\"]|[\p{C}\p{M}]/gu, (found) => namedEscapes[found] ?? codePoint(found))
    .replaceAll(/[$%](?=\{)/gu, (introducer) => introducer + introducer)
  return beforeExpression ? literal.replace(/[$%]$/u, codePoint) : literal
}

function codePoint(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16)
  return digits.length > 4 ? `\\U${digits.padStart(8, '0')}` : `\\u${digits.padStart(4, '0')}`
}

/** The name itself, when it can be the name of a block or an attribute. */
export function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/u.test(name)) return name
  throw new SindriError('config', `${JSON.stringify(name)} cannot be a name in a Packer template`, {
    hint: 'use letters, digits, underscores and dashes, beginning with a letter',
  })
}

/** The name itself, when it can be the name of an environment variable. */
export function environmentName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)) return name
  throw new SindriError('config', `${JSON.stringify(name)} cannot be the name of an environment variable`, {
    hint: 'use letters, digits and underscores, beginning with a letter or an underscore',
  })
}
