/**
 * What Node and its fetch call a connection that could not be made or broke off, or a name that could not be looked up
 * just now: the same request may do better in a moment. A name that does not exist (ENOTFOUND) is none of them.
 * https://nodejs.org/api/errors.html#common-system-errors (2026-11)
 */
export const brokenConnections: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
  'TimeoutError',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])
