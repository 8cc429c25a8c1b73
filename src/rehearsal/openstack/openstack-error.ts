/** A refusal as OpenStack words it: becomes the answer to the request, never an exception of ours. */
export interface OpenStackError extends Error {
  readonly status: number
  /** What a fault is called. */
  readonly code: string
}

/** The reason phrases of the statuses that are answered. https://www.rfc-editor.org/rfc/rfc9110#section-15 */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}

/** An answer of this status with these words. */
export function openStackError(status: number, message: string): OpenStackError {
  return Object.assign(new Error(message), { status, code: (titles[status] ?? 'Error').replaceAll(' ', '') })
}

/** What a fault by its name is answered with: one of the statuses, or no answer at all. */
export function faultOf(code: string, operation: string): OpenStackError {
  const [status = '503'] = Object.entries(titles).find(([, title]) => title.replaceAll(' ', '') === code) ?? []
  const error = openStackError(Number(status), `${code}, as the rehearsal was told to answer ${operation}.`)
  return Object.assign(error, { code })
}

/** True for what these functions made. */
export function isOpenStackError(error: unknown): error is OpenStackError {
  return error instanceof Error && 'code' in error && 'status' in error
}

/** The stand-in's own refusal: OpenStack has this, the rehearsal lacks it (HTTP 501). */
export function notImplemented(what: string): OpenStackError {
  return openStackError(501, `The rehearsal's stand-in of OpenStack does not implement ${what}.`)
}

/** Keystone's form: https://docs.openstack.org/api-ref/identity/v3/#error-response (2026-11). */
export function identityBody({ status, message }: OpenStackError): object {
  return { error: { code: status, message, title: titles[status] ?? 'Error' } }
}

/** Glance answers a page for people, as Debian's Glance 25 was seen to. */
export function imageBody({ status, message }: OpenStackError): string {
  const title = `${status} ${titles[status] ?? 'Error'}`
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${text}<br /><br />\n\n\n </body>\n</html>`
}
