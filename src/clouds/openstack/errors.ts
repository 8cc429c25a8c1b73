import { brokenConnections } from '../../core/broken-connections.ts'
import { messageOf, SindriError } from '../../core/error.ts'

/** What OpenStack answered instead of doing it. */
export interface Refusal {
  readonly status: number
  readonly message: string
}

/** What was asked for: the rule of the service's policy, and of what. */
export interface Asked {
  /** https://docs.openstack.org/glance/latest/configuration/glance_policy.html (2026-11) */
  readonly rule: string
  readonly what: string
}

const busyStatuses = new Set([408, 429, 500, 502, 503, 504])

/** A refusal in our words: which rule, of what, and what to do. `source` says where the credentials come from. */
export function openStackError({ status, message }: Refusal, { rule, what }: Asked, source: string): SindriError {
  const where = `${rule} on ${what}`
  if (busyStatuses.has(status)) return new SindriError('timeout', `${where} is not done yet: ${message}`)
  if (status === 401) {
    return new SindriError('credentials', `OpenStack credentials from ${source} were not accepted: ${message}`, {
      hint: "'openstack token issue' tries the same ones",
    })
  }
  if (/is protected and cannot be deleted/.test(message))
    return new SindriError('conflict', `${where}: ${message}`, { hint: 'remove the protection first' })
  if (/publicize_image/.test(message)) {
    return new SindriError('denied', `OpenStack does not allow ${where}: ${message}`, {
      hint: 'only administrators make images public, unless the cloud says otherwise; visibility "community" is for everybody',
    })
  }
  if (/members for image|Only shared images have members/i.test(message))
    return new SindriError('conflict', `${where}: ${message}`, {
      hint: 'only an image of visibility "shared" has members',
    })
  // Keystone and Glance answer 413 when a quota is used up, and some installations 403 with these words.
  if (status === 413 || /quota/i.test(message))
    return new SindriError('failed', `OpenStack has no room for ${where}: ${message}`, {
      hint: 'remove images, or ask for a larger quota of images',
    })
  if (status === 403) {
    return new SindriError('denied', `OpenStack does not allow ${where}: ${message}`, {
      hint: `the role of the user in its project must allow ${rule} of the image service`,
    })
  }
  if (status === 404) return new SindriError('not-found', `${where}: ${message}`)
  if (status === 409) return new SindriError('conflict', `${where}: ${message}`)
  return new SindriError('failed', `${where} failed: ${message} (HTTP status ${status})`)
}

/** A request that got no answer. */
export function connectionError(error: unknown, { rule, what }: Asked): SindriError {
  if (error instanceof SindriError) return error
  const where = `${rule} on ${what}`
  const code = codeOf(error)
  if (brokenConnections.has(code))
    return new SindriError('timeout', `${where} is not done yet: ${messageOf(error)}`, { cause: error })
  return new SindriError('failed', `cannot reach OpenStack for ${where}: ${messageOf(error)}`, {
    hint: /CERT|ISSUER|SIGNATURE/.test(code)
      ? "set cacert of the cloud to the file of its own certificate authority's certificate"
      : 'check the network',
    cause: error,
  })
}

/** Reads `{ error: { message } }` of Keystone, `{ message }` of proxies, and the page that Glance answers. */
export function refusalOf(status: number, body: unknown, text: string): Refusal {
  const told = member(member(body, 'error') ?? body, 'message')
  return { status, message: (typeof told === 'string' && told) || textOfPage(text) || `HTTP status ${status}` }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', '#x27': "'", '#39': "'" }

function textOfPage(page: string): string {
  const body = page.slice(0, 20_000).replace(/^[\s\S]*<\/h1>/, '')
  const plain = body.replace(/<[^>]{0,200}>/g, ' ').replace(/\s+/g, ' ')
  return plain
    .replace(/&(#?\w{2,4});/g, (whole, name: string) => entities[name] ?? whole)
    .trim()
    .slice(0, 500)
}

function codeOf(error: unknown): string {
  const code = member(error, 'code') ?? member(member(error, 'cause'), 'code')
  return typeof code === 'string' ? code : ''
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
