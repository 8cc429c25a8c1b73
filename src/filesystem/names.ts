const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ascii = /^[\0-\x7f]*$/

/**
 * The name that these bytes are: UTF-8, with every byte that is none as a lone surrogate U+DC80 to U+DCFF, as Python
 * does, so that no two names become one and `bytesOf` gives the bytes back.
 * https://peps.python.org/pep-0383/ (2026-11)
 */
export function nameOf(bytes: Uint8Array): string {
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  if (ascii.test(plain)) return plain
  return whole(bytes) ?? patched(bytes)
}

/** The bytes of a name or path that `nameOf` made. */
export function bytesOf(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name)
  const parts = [...name].map((letter) => {
    const code = letter.codePointAt(0) ?? 0
    return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code - 0xdc00) : Buffer.from(letter)
  })
  return Buffer.concat(parts)
}

/** A name or path for the eye: on one line, with what cannot be shown as `\n` or `\xff`. */
export function shown(name: string): string {
  return [...name]
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0
      if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
      if (letter === '\n') return '\\n'
      if (letter === '\\') return '\\\\'
      return code < 0x20 || (code >= 0x7f && code < 0xa0) ? `\\x${code.toString(16).padStart(2, '0')}` : letter
    })
    .join('')
}

function whole(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

function patched(bytes: Uint8Array): string {
  let name = ''
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const letter = at + length <= bytes.length ? whole(bytes.subarray(at, at + length)) : undefined
    name += letter ?? String.fromCharCode(0xdc00 + lead)
    at += letter === undefined ? 1 : length
  }
  return name
}
