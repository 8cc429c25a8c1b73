// Code page 437, which Linux takes names to be in when it is told nothing else, from byte 0x80 on.
const upper =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
const lowerBase = 0x08
const lowerExtension = 0x10

/** The name of 8 and 3 letters of an entry, in lower case where Windows marked it so. */
export function shortNameOf(raw: Buffer): string {
  const flags = raw[12] ?? 0
  const base = lettersOf(raw.subarray(0, 8))
  const extension = lettersOf(raw.subarray(8, 11))
  const shownBase = (flags & lowerBase) !== 0 ? base.toLowerCase() : base
  const shownExtension = (flags & lowerExtension) !== 0 ? extension.toLowerCase() : extension
  return shownExtension === '' ? shownBase : `${shownBase}.${shownExtension}`
}

function lettersOf(bytes: Buffer): string {
  return [...bytes]
    .map((byte, index) => {
      // 0xe5 marks a deleted entry, so a name that begins with it is written with 0x05.
      const code = index === 0 && byte === 0x05 ? 0xe5 : byte
      if (code === 0x2f) return '_'
      return code < 0x80 ? String.fromCharCode(code) : (upper[code - 0x80] ?? '')
    })
    .join('')
    .trimEnd()
}
