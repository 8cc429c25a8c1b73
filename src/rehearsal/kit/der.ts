/** Writing ASN.1 in DER: only what a certificate takes. https://www.itu.int/rec/T-REC-X.690 */

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes])
  const hex = bytes.toString(16)
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits])
}

/** One element with its tag and length. */
export function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

export function sequence(...content: readonly Buffer[]): Buffer {
  return element(0x30, ...content)
}

/** An object identifier in dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return element(0x06, Buffer.from(bytes))
}

/** A positive integer, big-endian. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export function octetString(content: Buffer): Buffer {
  return element(0x04, content)
}

/** A bit string; `unused` counts the bits at the end that mean nothing. */
export function bitString(content: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), content)
}

/** A moment to the second, in the form that reaches beyond 2049. */
export function time(at: Date): Buffer {
  return element(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, '')))
}
