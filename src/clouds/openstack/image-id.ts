import { digest } from '../../core/digest.ts'

/** The id that is asked for, so that the same token means the same image: a UUID of version 8 (RFC 9562). */
export function imageId(token: string): string {
  const hex = digest(token)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
